import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Api } from './client';
import type { AppConfig } from './config';
import type { SessionState, User } from './session';

export const ApiContext = createContext<Api | null>(null);
export const ConfigContext = createContext<AppConfig | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error('no ApiContext');
  return api;
}

export function useConfig(): AppConfig {
  const config = useContext(ConfigContext);
  if (!config) throw new Error('no ConfigContext');
  return config;
}

export function useSession(): SessionState {
  const { session } = useApi();
  return useSyncExternalStore(session.subscribe, session.state);
}

const rank = { viewer: 0, operator: 1, engineer: 2, admin: 3 } satisfies Record<User['role'], number>;

/** Whether the signed-in user has at least this role. The server decides; this only spares people a refusal. */
export function useHasRole(role: User['role']): boolean {
  const session = useSession();
  return session.status === 'in' && rank[session.user.role] >= rank[role];
}
