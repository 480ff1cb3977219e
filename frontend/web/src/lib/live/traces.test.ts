import { describe, expect, it } from 'vitest';
import { Trace, TraceStore } from './traces';

const all = { spacingMs: 0, points: 100 };
const push = (trace: Trace, t: number, x: number | null) => trace.push(t, () => x, ['x']);

describe('Trace', () => {
  it('keeps times ascending, whatever the order of arrival', () => {
    const trace = new Trace(all);
    for (const t of [3, 1, 2, 2, 5, 4]) push(trace, t * 1000, t);
    expect(trace.t).toEqual([1000, 2000, 3000, 4000, 5000]);
    expect(trace.channels.get('x')).toEqual([1, 2, 3, 4, 5]);
  });
  it('thins by spacing, but knows the newest value', () => {
    const trace = new Trace({ spacingMs: 400, points: 100 });
    for (let t = 0; t <= 1000; t += 100) push(trace, t, t);
    expect(trace.t).toEqual([0, 400, 800]);
    expect(trace.latest.get('x')).toBe(1000);
    expect(trace.latestAt).toBe(1000);
  });
  it('does not take a late reading for the newest', () => {
    const trace = new Trace(all);
    push(trace, 2000, 2);
    push(trace, 1000, 1);
    expect(trace.latest.get('x')).toBe(2);
  });
  it('is bounded', () => {
    const trace = new Trace({ spacingMs: 0, points: 10 });
    for (let t = 0; t < 100; t += 1) push(trace, t, t);
    expect(trace.t.length).toBeLessThanOrEqual(12);
    expect(trace.channels.get('x')?.at(-1)).toBe(99);
    expect(trace.channels.get('x')).toHaveLength(trace.t.length);
  });
  it('fills a channel that comes later, or misses a reading, with nulls', () => {
    const trace = new Trace(all);
    trace.push(1, (name) => (name === 'x' ? 1 : undefined), ['x']);
    trace.push(2, (name) => (name === 'y' ? 2 : undefined), ['y']);
    expect(trace.channels.get('x')).toEqual([1, null]);
    expect(trace.channels.get('y')).toEqual([null, 2]);
  });
  it('breaks the line at a hole', () => {
    const trace = new Trace(all);
    for (const t of [1000, 2000, 9000]) push(trace, t, t);
    expect(trace.aligned(['x'], 0, 3000)).toEqual([
      [1, 2, 5.5, 9],
      [1000, 2000, null, 9000],
    ]);
    expect(trace.aligned(['x', 'none'], 2000, 9000)).toEqual([
      [2, 9],
      [2000, 9000],
      [null, null],
    ]);
  });
});

describe('TraceStore', () => {
  const frame = (t: number[]) => ({ type: 'readings' as const, seq: 1, sensor_id: 'a', t, channels: { x: t } });
  it('keeps all readings only while a page watches', () => {
    const store = new TraceStore();
    store.push(frame([0, 100, 200]));
    expect(store.get('a')?.t).toEqual([0]);
    const stop = store.watch('a');
    store.push(frame([300, 400]));
    expect(store.get('a')?.t).toEqual([0, 300, 400]);
    stop();
    store.push(frame([500, 600]));
    expect(store.get('a')?.t).toEqual([0, 300, 400]);
  });
  it('fills what was missed from the store, and nothing else', () => {
    const store = new TraceStore();
    store.push(frame([10_000, 11_000]));
    store.backfill({
      sensor_id: 'a',
      resolution: '1s',
      t: [7_000, 8_000, 10_500, 15_000],
      channels: { x: { min: [0, 0, 0, 0], max: [9, 9, 9, 9], mean: [7, 8, 10, 15] } },
    });
    expect(store.get('a')?.t).toEqual([7_000, 8_000, 10_000, 11_000, 15_000]);
    expect(store.get('a')?.channels.get('x')).toEqual([7, 8, 10_000, 11_000, 15]);
  });
});
