import { describe, expect, it } from 'vitest';
import { sensorState } from '../../tests/samples';
import { arrangeSensors, countStates, type SensorFilter } from './states';

const sensors = [
  sensorState('pump-10', { state: 'normal', last_seen: 30 }),
  sensorState('pump-9', { state: 'no_data', last_seen: 10 }),
  sensorState('fan-1', { state: 'fault', label: 'imbalance', type: 'fan', last_seen: 20 }),
  sensorState('fan-2', { state: 'blind', type: 'fan', last_seen: null }),
  sensorState('x', { state: 'unknown', name: 'Alpha', type: null }),
];
const all: SensorFilter = { states: new Set(), text: '', sort: 'worst' };
const ids = (filter: Partial<SensorFilter>) => arrangeSensors(sensors, { ...all, ...filter }).map((s) => s.sensor_id);

describe('arrangeSensors', () => {
  it('puts the worst first', () => expect(ids({})).toEqual(['fan-1', 'x', 'fan-2', 'pump-9', 'pump-10']));
  it('sorts names as people count', () =>
    expect(ids({ sort: 'name' })).toEqual(['x', 'fan-1', 'fan-2', 'pump-9', 'pump-10']));
  it('puts what was never seen before the oldest', () => expect(ids({ sort: 'age' })[0]).toBe('fan-2'));
  it('shows only chosen states', () =>
    expect(ids({ states: new Set(['fault', 'blind']) })).toEqual(['fan-1', 'fan-2']));
  it.each([
    ['PUMP', ['pump-9', 'pump-10']],
    ['imbal', ['fan-1']],
    ['alpha ', ['x']],
    ['nothing', []],
  ])('finds %s', (text, found) => expect(ids({ text })).toEqual(found));
  it('leaves its input as it is', () => {
    arrangeSensors(sensors, all);
    expect(sensors[0]?.sensor_id).toBe('pump-10');
  });
});

it('counts every state', () =>
  expect(countStates(sensors)).toEqual({ fault: 1, unknown: 1, blind: 1, no_data: 1, warming_up: 0, normal: 1 }));
