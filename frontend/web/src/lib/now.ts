/* One clock for every age on the page: a tick a second, by the server's clock where it is known. */
import { useSyncExternalStore } from 'react';
import { useLive } from './live/context';
import type { LiveState } from './live/reducer';

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** This machine's clock, to the second. */
export function useTick(): number {
  return useSyncExternalStore(subscribe, () => now);
}

const offset = (state: LiveState): number => state.clockOffsetMs;

/** The server's clock, to the second: ages don't depend on a browser whose clock is wrong. */
export function useNow(): number {
  return useTick() + useLive(offset);
}
