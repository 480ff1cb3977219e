import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { useApi } from '../api/context';
import { LiveContext, liveKey } from '../lib/live/context';
import { LiveSocket } from '../lib/live/socket';

/** Owns the live connection while somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const api = useApi();
  const queries = useQueryClient();
  const [socket] = useState(
    () =>
      new LiveSocket({
        url: `${api.baseUrl.replace(/^http/, 'ws')}/realtime`,
        token: () => api.session.token(),
        publish: (state) => queries.setQueryData(liveKey, state),
      }),
  );
  useEffect(() => {
    socket.start();
    const online = () => socket.retryNow();
    window.addEventListener('online', online);
    return () => {
      window.removeEventListener('online', online);
      socket.stop();
    };
  }, [socket]);
  return <LiveContext value={socket}>{children}</LiveContext>;
}
