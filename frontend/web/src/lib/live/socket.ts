/* The one WebSocket of the page. It connects with a fresh token, checks frames, feeds the reducer and the traces, asks for a
 * snapshot where frames are missing, notices a connection that is dead without having closed, and comes back by itself. */
import { backoffMs } from './backoff';
import { type ClientFrame, parseFrame } from './frames';
import { initialLive, type LiveEvent, type LiveState, reduceLive } from './reducer';
import { TraceStore } from './traces';

export interface SocketOptions {
  url: string;
  /** A token that is good now; null when signed out. Throws when the server is away. */
  token: () => Promise<string | null>;
  /** At most 4 times a second, however many frames came. */
  publish: (state: LiveState) => void;
  now?: () => number;
  random?: () => number;
  open?: (url: string, protocols: string[]) => WebSocket;
}

type Kinds = NonNullable<Extract<ClientFrame, { op: 'subscribe' }>['kinds']>;

const publishEveryMs = 250;
/** Silence after which the connection is asked for a sign of life, and after which it is given up. */
export const probeAfterMs = 15_000;
export const deadAfterMs = 25_000;
/** A snapshot is big: it is not asked for more often than this. */
const snapshotEveryMs = 5_000;

export class LiveSocket {
  readonly traces = new TraceStore();
  #options: Required<SocketOptions>;
  #state: LiveState = initialLive;
  #socket: WebSocket | null = null;
  #running = false;
  #generation = 0;
  #kinds: Kinds | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #publishing: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #openedAt = 0;
  #askedAt = -Infinity;

  constructor(options: SocketOptions) {
    this.#options = {
      now: () => Date.now(),
      random: Math.random,
      // eslint-disable-next-line no-restricted-globals -- this is the module that the rule points to
      open: (url, protocols) => new WebSocket(url, protocols),
      ...options,
    };
  }

  get state(): LiveState {
    return this.#state;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#apply({ type: 'start' });
    this.#watchdog = setInterval(() => this.#watch(), 1000);
    void this.#connect();
  }

  stop(): void {
    this.#running = false;
    this.#generation += 1;
    clearTimeout(this.#retry);
    clearInterval(this.#watchdog);
    this.#socket?.close(1000);
    this.#socket = null;
    this.traces.clear();
    this.#apply({ type: 'stop' });
    this.#flush();
  }

  /** Which kinds of frames are wanted; null for all. Charts want readings, other pages spare themselves them. */
  subscribe(kinds: Kinds | null): void {
    this.#kinds = kinds;
    if (this.#socket?.readyState === 1) this.#sendSubscription();
  }

  /** Connects at once instead of waiting for the next attempt. */
  retryNow(): void {
    if (!this.#running || this.#socket) return;
    clearTimeout(this.#retry);
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const generation = (this.#generation += 1);
    let token: string | null;
    try {
      token = await this.#options.token();
    } catch {
      if (generation === this.#generation) this.#later();
      return;
    }
    if (generation !== this.#generation) return; // stopped, or overtaken, meanwhile
    if (token === null) {
      this.stop();
      return;
    }
    const socket = this.#options.open(this.#options.url, ['aastreli.v1', `bearer.${token}`]);
    this.#socket = socket;
    this.#openedAt = this.#options.now();
    socket.onopen = () => {
      if (this.#kinds) this.#sendSubscription();
    };
    socket.onmessage = (message) => this.#onMessage(message.data);
    socket.onclose = () => {
      if (this.#socket === socket) this.#drop();
    };
  }

  #onMessage(data: unknown): void {
    const frame = parseFrame(data);
    if (!frame) {
      this.#apply({ type: 'bad-frame' });
      return;
    }
    if (frame.type === 'readings') this.traces.push(frame);
    this.#apply({ type: 'frame', frame, filtered: this.#kinds !== null });
    if (this.#state.wantsSnapshot) this.#askSnapshot();
  }

  #watch(): void {
    if (!this.#socket) return;
    const silent = this.#options.now() - Math.max(this.#openedAt, this.#state.lastFrameAt ?? 0);
    if (silent > deadAfterMs) {
      const dead = this.#socket;
      this.#drop();
      dead.close();
    } else if (silent > probeAfterMs || this.#state.wantsSnapshot) {
      this.#askSnapshot();
    }
  }

  #askSnapshot(): void {
    const now = this.#options.now();
    if (now - this.#askedAt < snapshotEveryMs || this.#socket?.readyState !== 1) return;
    this.#askedAt = now;
    this.#send({ op: 'snapshot' });
  }

  #sendSubscription(): void {
    this.#send({
      op: 'subscribe',
      sensors: ['*'],
      kinds: this.#kinds ?? ['readings', 'predictions', 'sensors', 'alarms'],
    });
  }

  #send(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #drop(): void {
    this.#socket = null;
    this.#askedAt = -Infinity;
    if (this.#running) this.#later();
  }

  #later(): void {
    const wait = backoffMs(this.#state.attempt + 1, this.#options.random);
    this.#apply({ type: 'closed', retryAt: this.#options.now() + wait });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#connect(), wait);
  }

  #apply(event: LiveEvent): void {
    const before = this.#state.phase;
    this.#state = reduceLive(this.#state, event, this.#options.now());
    if (this.#state.phase !== before) this.#flush();
    else this.#publishing ??= setTimeout(() => this.#flush(), publishEveryMs);
  }

  #flush(): void {
    clearTimeout(this.#publishing);
    this.#publishing = undefined;
    this.#options.publish(this.#state);
  }
}
