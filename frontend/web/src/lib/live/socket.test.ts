import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoffMs } from './backoff';
import type { LiveState } from './reducer';
import { deadAfterMs, LiveSocket, probeAfterMs } from './socket';

/** The browser's end of a connection, played by the test. */
class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
    this.onclose?.();
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  receive(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  welcome(seq = 0) {
    this.open();
    this.receive({ type: 'hello', seq, epoch: 'e', server_time: Date.now() });
    this.receive({ type: 'snapshot', seq: seq + 1, sensors: [], predictions: [] });
  }
}

let tokens: (string | null | Error)[];
let published: LiveState[];

function makeSocket() {
  return new LiveSocket({
    url: 'ws://x/realtime',
    token: () => {
      const token = tokens.length > 1 ? tokens.shift() : tokens[0];
      return token instanceof Error ? Promise.reject(token) : Promise.resolve(token ?? null);
    },
    publish: (state) => published.push(state),
    random: () => 1,
    open: (url, protocols) => new FakeSocket(url, protocols) as unknown as WebSocket,
  });
}

const last = () => FakeSocket.all[FakeSocket.all.length - 1] as FakeSocket;
const flush = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  tokens = ['t1'];
  published = [];
});
afterEach(() => vi.useRealTimers());

describe('LiveSocket', () => {
  it('connects with the token in the subprotocol, never in the address', async () => {
    const live = makeSocket();
    live.start();
    await flush();
    expect(last().url).toBe('ws://x/realtime');
    expect(last().protocols).toEqual(['aastreli.v1', 'bearer.t1']);
    last().welcome();
    expect(live.state.phase).toBe('live');
    live.stop();
  });

  it('comes back by itself, with a fresh token, ever more slowly', async () => {
    tokens = ['t1', 't2', 't3'];
    const live = makeSocket();
    live.start();
    await flush();
    last().welcome();
    last().close();
    expect(live.state).toMatchObject({ phase: 'disconnected', attempt: 1 });
    await vi.advanceTimersByTimeAsync(500);
    expect(last().protocols[1]).toBe('bearer.t2');
    last().close();
    await vi.advanceTimersByTimeAsync(900);
    expect(FakeSocket.all).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(last().protocols[1]).toBe('bearer.t3');
    last().welcome();
    expect(live.state).toMatchObject({ phase: 'live', attempt: 0 });
    live.stop();
  });

  it('tries again when no token can be had as the server is away', async () => {
    tokens = [new Error('away'), 't1'];
    const live = makeSocket();
    live.start();
    await flush();
    expect(live.state.phase).toBe('disconnected');
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.all).toHaveLength(1);
    live.stop();
  });

  it('gives up when nobody is signed in any more', async () => {
    tokens = [null];
    const live = makeSocket();
    live.start();
    await flush();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.all).toHaveLength(0);
    expect(live.state.phase).toBe('idle');
  });

  it('asks for a snapshot after a gap, once, and is live again with it', async () => {
    const live = makeSocket();
    live.start();
    await flush();
    last().welcome();
    last().receive({ type: 'feed', seq: 5, connected: true });
    last().receive({ type: 'feed', seq: 9, connected: true });
    expect(last().sent).toEqual([{ op: 'snapshot' }]);
    expect(live.state.phase).toBe('recovering');
    last().receive({ type: 'snapshot', seq: 10, sensors: [], predictions: [] });
    expect(live.state.phase).toBe('live');
    live.stop();
  });

  it('asks again where the snapshot does not come', async () => {
    const live = makeSocket();
    live.start();
    await flush();
    last().welcome();
    last().receive({ type: 'lost', seq: 2, count: 9 });
    await vi.advanceTimersByTimeAsync(6_000);
    expect(last().sent).toHaveLength(2);
    live.stop();
  });

  it('probes a silent connection and leaves a dead one', async () => {
    const live = makeSocket();
    live.start();
    await flush();
    const first = last();
    first.welcome();
    await vi.advanceTimersByTimeAsync(probeAfterMs + 2_000);
    expect(first.sent).toContainEqual({ op: 'snapshot' });
    await vi.advanceTimersByTimeAsync(deadAfterMs - probeAfterMs);
    expect(first.readyState).toBe(3);
    expect(last()).not.toBe(first);
    live.stop();
  });

  it('publishes at most four times a second', async () => {
    const live = makeSocket();
    live.start();
    await flush();
    last().welcome();
    published = [];
    for (let i = 0; i < 100; i += 1) {
      last().receive({ type: 'readings', seq: 2 + i, sensor_id: 'a', t: [i], channels: { x: [i] } });
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(published.length).toBeLessThanOrEqual(4);
    expect(live.traces.get('a')?.latest.get('x')).toBe(99);
    live.stop();
  });

  it('counts a frame that it cannot read and goes on', async () => {
    const live = makeSocket();
    live.start();
    await flush();
    last().welcome();
    last().onmessage?.({ data: 'rubbish' });
    expect(live.state).toMatchObject({ phase: 'live', badFrames: 1 });
    live.stop();
  });

  it('subscribes again on every connection', async () => {
    const live = makeSocket();
    live.subscribe(['predictions', 'sensors']);
    live.start();
    await flush();
    last().welcome();
    expect(last().sent).toEqual([{ op: 'subscribe', sensors: ['*'], kinds: ['predictions', 'sensors'] }]);
    live.subscribe(null);
    expect(last().sent[1]).toMatchObject({ kinds: ['readings', 'predictions', 'sensors', 'alarms'] });
    live.stop();
  });

  it('connects no more after stop', async () => {
    const live = makeSocket();
    live.start();
    await flush();
    live.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.all).toHaveLength(1);
    expect(live.state.phase).toBe('idle');
  });
});

describe('backoffMs', () => {
  it.each([
    [1, 0, 250],
    [1, 1, 500],
    [2, 1, 1_000],
    [50, 1, 20_000],
  ])('attempt %i with random %i waits %i ms', (attempt, random, ms) =>
    expect(backoffMs(attempt, () => random)).toBe(ms),
  );
});
