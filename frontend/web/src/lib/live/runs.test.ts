import { describe, expect, it } from 'vitest';
import { prediction } from '../../../tests/samples';
import { addAllToRuns, addToRuns, type Run, runsKept } from './runs';

const fault = (id: string, at: number, more = {}) => prediction(id, { at, ...more });
const normal = (id: string, at: number, more = {}) =>
  prediction(id, { at, state: 'normal', label: 'normal', explanation: null, ...more });
const short = (runs: Run[]) => runs.map((r) => [r.prediction.id, r.since, r.count]);

describe('addToRuns', () => {
  it('counts what says the same, and keeps its place', () => {
    const other = { sensor_id: 'fan-1' };
    const runs = addAllToRuns([], [normal('a', 1), normal('b', 2, other), normal('c', 3)]);
    expect(short(runs)).toEqual([
      ['b', 2, 1],
      ['c', 1, 2],
    ]);
  });
  it('puts a change on top and keeps what was before', () =>
    expect(short(addAllToRuns([], [normal('a', 1), normal('b', 2), fault('c', 3), fault('d', 4)]))).toEqual([
      ['d', 3, 2],
      ['b', 1, 2],
    ]));
  it('takes another label for a change', () =>
    expect(addAllToRuns([], [fault('a', 1), fault('b', 2, { label: 'imbalance' })])).toHaveLength(2));
  it('is not moved by one that comes twice or late', () => {
    const runs = addAllToRuns([], [normal('a', 5)]);
    expect(addToRuns(runs, normal('a', 5))).toBe(runs);
    expect(addToRuns(runs, fault('x', 4))).toBe(runs);
  });
  it('keeps the first explanation, so that the chart it points to stays', () => {
    const first = [{ channel: 'x', stat: 'rms', contribution: 1 }];
    const second = [{ channel: 'y', stat: 'rms', contribution: 2 }];
    const runs = addAllToRuns(
      [],
      [
        fault('a', 1, { explanation: null }),
        fault('b', 2, { explanation: first }),
        fault('c', 3, { explanation: second }),
      ],
    );
    expect(runs[0]?.explanation).toBe(first);
  });
  it('is bounded', () => {
    const flapping = Array.from({ length: 200 }, (_, i) => (i % 2 ? fault(`p${i}`, i) : normal(`p${i}`, i)));
    const runs = addAllToRuns([], flapping);
    expect(runs).toHaveLength(runsKept);
    expect(runs[0]?.prediction.id).toBe('p199');
  });
});
