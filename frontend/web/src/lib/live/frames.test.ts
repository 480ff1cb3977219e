import { describe, expect, it } from 'vitest';
import { prediction, sensorState } from '../../../tests/samples';
import { parseFrame } from './frames';

const good: Record<string, object> = {
  hello: { type: 'hello', seq: 0, epoch: 'e1', server_time: 5 },
  snapshot: { type: 'snapshot', seq: 1, sensors: [sensorState('a')], predictions: [prediction('p')], alarms: [] },
  readings: { type: 'readings', seq: 2, sensor_id: 'a', t: [1, 2], channels: { x: [1.5, null] } },
  prediction: { type: 'prediction', seq: 3, prediction: prediction('p') },
  'prediction without a label': {
    type: 'prediction',
    seq: 3,
    prediction: prediction('p', { label: null, confidence: null, state: 'blind', explanation: null, window: null }),
  },
  sensor: { type: 'sensor', seq: 4, sensor: { sensor_id: 'a', state: 'no_data' } },
  lost: { type: 'lost', seq: 5, count: 3 },
  feed: { type: 'feed', seq: 6, connected: false, since: null },
  alarm: {
    type: 'alarm',
    seq: 7,
    alarm: { id: 'A', sensor_id: 'a', fault: 'f', state: 'unacked', raised: 1, extra: {} },
  },
};

describe('parseFrame', () => {
  it.each(Object.entries(good))('takes %s', (_name, frame) => expect(parseFrame(JSON.stringify(frame))).toEqual(frame));

  it.each([
    ['no JSON', '{'],
    ['no text', new ArrayBuffer(1)],
    ['null', 'null'],
    ['an unknown type', '{"type":"x","seq":1}'],
    ['no seq', '{"type":"lost","count":1}'],
    ['a negative seq', '{"type":"lost","seq":-1,"count":1}'],
    ['an unknown state', '{"type":"sensor","seq":1,"sensor":{"sensor_id":"a","state":"fine"}}'],
    ['a column of another length', '{"type":"readings","seq":1,"sensor_id":"a","t":[1,2],"channels":{"x":[1]}}'],
    ['text for a number', '{"type":"readings","seq":1,"sensor_id":"a","t":[1],"channels":{"x":["1"]}}'],
    ['a time that is none', '{"type":"hello","seq":0,"epoch":"e","server_time":-1}'],
  ])('refuses %s', (_name, text) => expect(parseFrame(text)).toBeNull());

  it('leaves out an alarm that it does not know, not the snapshot', () => {
    const known = { id: 'A', sensor_id: 'a', fault: 'f', state: 'unacked', raised: 1 };
    const frame = { type: 'snapshot', seq: 1, sensors: [], predictions: [], alarms: [{ id: 'B' }, known] };
    expect(parseFrame(JSON.stringify(frame))).toMatchObject({ alarms: [known] });
  });
});
