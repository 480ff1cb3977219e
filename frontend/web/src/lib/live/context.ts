/* How components read the live stream: LiveState lives in the query cache under one key, published by the socket. */
import { skipToken, useQuery } from '@tanstack/react-query';
import { createContext, useContext, useEffect } from 'react';
import { initialLive, type LiveState } from './reducer';
import type { LiveSocket } from './socket';
import type { TraceStore } from './traces';

export const liveKey = ['live'] as const;
export const LiveContext = createContext<LiveSocket | null>(null);

export function useLiveSocket(): LiveSocket {
  const socket = useContext(LiveContext);
  if (!socket) throw new Error('no LiveContext');
  return socket;
}

/** Part of the live state; renders again only when that part changes. `select` should be a constant function. */
export function useLive<T>(select: (state: LiveState) => T): T {
  const { data } = useQuery({
    queryKey: liveKey,
    queryFn: skipToken,
    initialData: initialLive,
    staleTime: Infinity,
    gcTime: Infinity,
    structuralSharing: false,
    select,
  });
  // never undefined: there is initial data, and no query function that could take it away
  return data as T;
}

export function useTraces(): TraceStore {
  return useLiveSocket().traces;
}

/** Asks for readings while the component is shown. */
export function useReadings(): void {
  const socket = useLiveSocket();
  useEffect(() => {
    socket.subscribe(null);
    return () => socket.subscribe(['predictions', 'sensors', 'alarms']);
  }, [socket]);
}
