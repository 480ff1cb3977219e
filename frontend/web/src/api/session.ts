/* The session: an access token in memory only, renewed by the refresh cookie, which scripts cannot read. One object for
 * the whole page; React reads it through useSyncExternalStore. */
import type { components } from './schema';

export type User = components['schemas']['User'];
export type SessionAnswer = components['schemas']['Session'];

export type SessionState =
  | { status: 'unknown' } // the first refresh is under way
  | { status: 'out'; reason: 'none' | 'ended' }
  | { status: 'in'; user: User };

/** How the session talks to the server; null means that there is no session to renew. Throws when no answer came. */
export interface SessionCalls {
  refresh(): Promise<SessionAnswer | null>;
  logout(): Promise<void>;
}

/** A token is renewed this long before it ends, so that no call meets a token that ends on the way. */
const marginMs = 30_000;

export class Session {
  #calls: SessionCalls;
  #state: SessionState = { status: 'unknown' };
  #token: { value: string; expiresAt: number } | null = null;
  #pending: Promise<boolean> | null = null;
  #listeners = new Set<() => void>();

  constructor(calls: SessionCalls) {
    this.#calls = calls;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): SessionState => this.#state;

  /** Takes what login or refresh answered. */
  accept(answer: SessionAnswer): void {
    this.#token = { value: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 };
    this.#set({ status: 'in', user: answer.user });
  }

  setUser(user: User): void {
    if (this.#state.status === 'in') this.#set({ status: 'in', user });
  }

  /** A token that is good for a call or a connection now; null when logged out. Throws when the server is away. */
  async token(): Promise<string | null> {
    if (this.#token && Date.now() < this.#token.expiresAt - marginMs) return this.#token.value;
    return (await this.renew()) ? (this.#token?.value ?? null) : null;
  }

  /** Renews by the cookie; many callers share one attempt. False: logged out. Throws when the server is away. */
  renew(): Promise<boolean> {
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async logout(): Promise<void> {
    try {
      await this.#calls.logout();
    } finally {
      this.#end('none');
    }
  }

  async #renew(): Promise<boolean> {
    const answer = await exclusive(() => this.#calls.refresh());
    if (answer) {
      this.accept(answer);
      return true;
    }
    this.#end(this.#state.status === 'in' ? 'ended' : 'none');
    return false;
  }

  #end(reason: 'none' | 'ended'): void {
    this.#token = null;
    this.#set({ status: 'out', reason });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Runs one refresh at a time over all tabs: the cookie is replaced at each, and a replaced one that is used again counts
 *  as stolen and ends the session. Browsers offer locks on secure origins and loopback only. */
async function exclusive<T>(run: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks;
  if (!locks) return run();
  return await locks.request('aastreli-refresh', run);
}
