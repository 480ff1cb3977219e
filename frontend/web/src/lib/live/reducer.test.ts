import { describe, expect, it } from 'vitest';
import { prediction, sensorState } from '../../../tests/samples';
import type { Frame } from './frames';
import { initialLive, type LiveState, reduceLive } from './reducer';

const hello: Frame = { type: 'hello', seq: 10, epoch: 'e1', server_time: 5_500 };
const snapshot = (seq: number): Frame => ({
  type: 'snapshot',
  seq,
  sensors: [sensorState('a')],
  predictions: [prediction('p1')],
});
const readings = (seq: number): Frame => ({ type: 'readings', seq, sensor_id: 'a', t: [], channels: {} });

/** The state after frames, one each 100 ms from 5 s on. */
function after(
  frames: Frame[],
  start: LiveState = reduceLive(initialLive, { type: 'start' }, 4_900),
  filtered = false,
) {
  let now = 5_000;
  let state = start;
  for (const frame of frames) {
    state = reduceLive(state, { type: 'frame', frame, filtered }, now);
    now += 100;
  }
  return state;
}

describe('connecting', () => {
  it('is live after hello and snapshot, with the clock of the server', () => {
    const state = after([hello, snapshot(11)]);
    expect(state).toMatchObject({ phase: 'live', ready: true, clockOffsetMs: 500, since: 5_100, attempt: 0 });
    expect(Object.keys(state.sensors)).toEqual(['a']);
  });
  it('counts attempts and keeps when the connection went', () => {
    let state = after([hello, snapshot(11)]);
    state = reduceLive(state, { type: 'closed', retryAt: 7_000 }, 6_000);
    state = reduceLive(state, { type: 'closed', retryAt: 9_000 }, 7_000);
    expect(state).toMatchObject({ phase: 'disconnected', since: 6_000, attempt: 2, retryAt: 9_000 });
    expect(Object.keys(state.sensors)).toEqual(['a']); // shown on, as old
  });
  it('recovers with a new epoch whose seq starts over', () => {
    let state = after([hello, snapshot(11)]);
    state = reduceLive(state, { type: 'closed', retryAt: 7_000 }, 6_000);
    state = after([{ ...hello, epoch: 'e2', seq: 0 }], state);
    expect(state).toMatchObject({ phase: 'recovering', wantsSnapshot: false });
    state = after([{ ...snapshot(1), type: 'snapshot', sensors: [sensorState('b')], predictions: [] }], state);
    expect(state.phase).toBe('live');
    expect(Object.keys(state.sensors)).toEqual(['b']); // replaced, not merged
    expect(state.runs.map((r) => r.prediction.id)).toEqual(['p1']); // what happened stays happened
  });
});

describe('missed frames', () => {
  it('are none while seq grows by one', () =>
    expect(after([hello, snapshot(11), readings(12), readings(13)])).toMatchObject({
      phase: 'live',
      wantsSnapshot: false,
    }));
  it('show as a gap in seq, until a snapshot comes', () => {
    const state = after([hello, snapshot(11), readings(12), readings(15)]);
    expect(state).toMatchObject({ phase: 'recovering', wantsSnapshot: true });
    expect(after([snapshot(16)], state)).toMatchObject({ phase: 'live', wantsSnapshot: false });
  });
  it('are not suspected where a filter leaves frames out', () =>
    expect(after([hello, snapshot(11), readings(99)], undefined, true).wantsSnapshot).toBe(false));
  it('are told by lost, with a filter too', () =>
    expect(after([hello, snapshot(11), { type: 'lost', seq: 40, count: 28 }], undefined, true)).toMatchObject({
      wantsSnapshot: true,
      phase: 'recovering',
      lostFrames: 28,
    }));
});

describe('frames', () => {
  it('replace one sensor and leave the others the same objects', () => {
    const before = after([hello, { ...snapshot(11), sensors: [sensorState('a'), sensorState('b')] } as Frame]);
    const state = after([{ type: 'sensor', seq: 12, sensor: sensorState('a', { state: 'fault' }) }], before);
    expect(state.sensors.a?.state).toBe('fault');
    expect(state.sensors.b).toBe(before.sensors.b);
  });
  it('that are predictions make runs', () => {
    const next: Frame = { type: 'prediction', seq: 12, prediction: prediction('p2', { at: 70_000 }) };
    expect(after([hello, snapshot(11), next]).runs).toMatchObject([
      { prediction: { id: 'p2' }, since: 60_000, count: 2 },
    ]);
  });
  it('leave the state of sensors alone where they are readings', () => {
    const before = after([hello, snapshot(11)]);
    expect(after([readings(12)], before).sensors).toBe(before.sensors);
  });
  it('tell whether the feed behind the server stands', () =>
    expect(after([hello, snapshot(11), { type: 'feed', seq: 12, connected: false, since: 4_000 }]).feed).toEqual({
      connected: false,
      since: 4_000,
    }));
  it('that cannot be read are counted', () =>
    expect(reduceLive(initialLive, { type: 'bad-frame' }, 1).badFrames).toBe(1));
});

it('stop forgets everything', () =>
  expect(reduceLive(after([hello, snapshot(11)]), { type: 'stop' }, 9_000)).toEqual(initialLive));
