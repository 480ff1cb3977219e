import { ThemeProvider } from '@mui/material/styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { MemoryRouter, useLocation } from 'react-router';
import { createApi } from '../src/api/client';
import { ApiContext, ConfigContext } from '../src/api/context';
import type { User } from '../src/api/session';
import { makeTheme } from '../src/app/theme';
import { LiveContext, liveKey } from '../src/lib/live/context';
import { initialLive, type LiveState } from '../src/lib/live/reducer';
import { LiveSocket } from '../src/lib/live/socket';
import { session } from './samples';
import { base } from './server';

interface Options {
  path?: string;
  role?: User['role'];
  live?: Partial<LiveState>;
  signedIn?: boolean;
}

function Address() {
  const { pathname, search } = useLocation();
  return <output aria-label="address">{`${pathname}${search}`}</output>;
}

/** Renders a page as the application would, signed in, without a live connection. */
export function renderApp(page: ReactNode, { path = '/', role = 'admin', live = {}, signedIn = true }: Options = {}) {
  const api = createApi(base);
  if (signedIn) api.session.accept({ ...session, user: { ...session.user, role } });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const socket = new LiveSocket({ url: 'ws://api.test', token: () => Promise.resolve(null), publish: () => undefined });
  queries.setQueryData(liveKey, { ...initialLive, ...live });
  const result = render(
    <ThemeProvider theme={makeTheme('light')}>
      <ConfigContext value={{ apiUrl: base, version: '1.2.3' }}>
        <ApiContext value={api}>
          <QueryClientProvider client={queries}>
            <LiveContext value={socket}>
              <MemoryRouter initialEntries={[path]}>
                {page}
                <Address />
              </MemoryRouter>
            </LiveContext>
          </QueryClientProvider>
        </ApiContext>
      </ConfigContext>
    </ThemeProvider>,
  );
  return { ...result, api, queries, socket, user: userEvent.setup({ delay: null }) };
}
