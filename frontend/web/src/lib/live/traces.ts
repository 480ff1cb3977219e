/* Readings of the last minutes, by sensor, for the charts. Charts read it when they redraw (at most 4 times a second); nothing
 * in here touches React. */
import type { Series } from '../../api/queries';
import type { ReadingsFrame } from './frames';

export interface TraceLimits {
  /** Points nearer than this to the one before are left out. */
  spacingMs: number;
  points: number;
}

/** What every sensor keeps: enough for a tile. */
export const tileLimits: TraceLimits = { spacingMs: 400, points: 320 };
/** What the sensor whose page is open keeps: all of five minutes at 10 Hz. */
export const pageLimits: TraceLimits = { spacingMs: 0, points: 3000 };

export class Trace {
  /** Event times, ascending. */
  t: number[] = [];
  channels = new Map<string, (number | null)[]>();
  /** Newest values, also of readings that spacing left out. */
  latest = new Map<string, number | null>();
  latestAt: number | null = null;
  /** Grows with every change. */
  version = 0;
  limits: TraceLimits;

  constructor(limits: TraceLimits) {
    this.limits = limits;
  }

  push(t: number, values: (name: string) => number | null | undefined, names: string[]): void {
    if (this.latestAt === null || t >= this.latestAt) {
      this.latestAt = t;
      for (const name of names) this.latest.set(name, values(name) ?? null);
    }
    this.version += 1;
    const last = this.t[this.t.length - 1];
    if (last !== undefined && t >= last && t - last < this.limits.spacingMs) return;
    // late readings are rare: a search from the end finds their place at once
    let at = this.t.length;
    while (at > 0 && (this.t[at - 1] ?? 0) > t) at -= 1;
    if (this.t[at - 1] === t) return;
    this.t.splice(at, 0, t);
    for (const name of names) {
      if (!this.channels.has(name)) this.channels.set(name, Array<number | null>(this.t.length - 1).fill(null));
    }
    for (const [name, column] of this.channels) column.splice(at, 0, values(name) ?? null);
    this.#trim();
  }

  #trim(): void {
    // in lumps, so that the arrays don't move with every reading
    if (this.t.length <= this.limits.points * 1.2) return;
    const surplus = this.t.length - this.limits.points;
    this.t.splice(0, surplus);
    for (const column of this.channels.values()) column.splice(0, surplus);
  }

  /** Columns from `from` on, in uPlot's shape: times in seconds, then one column per channel. A gap longer than
   *  `gapMs` gets a null, so that the line breaks instead of inventing values. */
  aligned(names: string[], from: number, gapMs: number): [number[], ...(number | null)[][]] {
    const x: number[] = [];
    const columns = names.map(() => [] as (number | null)[]);
    const sources = names.map((name) => this.channels.get(name));
    for (let i = lowerBound(this.t, from); i < this.t.length; i += 1) {
      const t = this.t[i] ?? 0;
      const before = this.t[i - 1];
      if (x.length > 0 && before !== undefined && t - before > gapMs) {
        x.push((before + t) / 2000);
        for (const column of columns) column.push(null);
      }
      x.push(t / 1000);
      columns.forEach((column, c) => column.push(sources[c]?.[i] ?? null));
    }
    return [x, ...columns];
  }
}

function lowerBound(sorted: number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((sorted[mid] ?? 0) < value) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Whether one of the ascending times lies within a second of t. */
function isNear(times: number[], t: number): boolean {
  const next = times[lowerBound(times, t - nearMs)];
  return next !== undefined && next <= t + nearMs;
}

const nearMs = 1000;

export class TraceStore {
  #traces = new Map<string, Trace>();
  #watched = new Map<string, number>();

  get(sensorId: string): Trace | undefined {
    return this.#traces.get(sensorId);
  }

  push(frame: ReadingsFrame): void {
    const trace = this.#ensure(frame.sensor_id);
    const names = Object.keys(frame.channels);
    frame.t.forEach((t, i) => trace.push(t, (name) => frame.channels[name]?.[i], names));
  }

  /** Stored readings of the times that were missed; where there are live ones already, they win. */
  backfill(series: Series): void {
    const trace = this.#ensure(series.sensor_id);
    const columns = new Map(
      Object.entries(series.channels).map(([name, values]) => [name, Array.isArray(values) ? values : values.mean]),
    );
    const names = [...columns.keys()];
    const known = [...trace.t];
    series.t.forEach((t, i) => {
      if (!isNear(known, t)) trace.push(t, (name) => columns.get(name)?.[i], names);
    });
  }

  /** Keeps all readings of one sensor while its page is open; the answer ends that. */
  watch(sensorId: string): () => void {
    this.#watched.set(sensorId, (this.#watched.get(sensorId) ?? 0) + 1);
    this.#ensure(sensorId).limits = pageLimits;
    return () => {
      const left = (this.#watched.get(sensorId) ?? 1) - 1;
      if (left > 0) {
        this.#watched.set(sensorId, left);
        return;
      }
      this.#watched.delete(sensorId);
      this.#ensure(sensorId).limits = tileLimits;
    };
  }

  clear(): void {
    this.#traces.clear();
  }

  #ensure(sensorId: string): Trace {
    let trace = this.#traces.get(sensorId);
    if (!trace) {
      trace = new Trace(this.#watched.has(sensorId) ? pageLimits : tileLimits);
      this.#traces.set(sensorId, trace);
    }
    return trace;
  }
}
