import CssBaseline from '@mui/material/CssBaseline';
import { ThemeProvider } from '@mui/material/styles';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { BrowserRouter, Navigate, Route, Routes } from 'react-router';
import { ApiContext, ConfigContext, useApi, useSession } from '../api/context';
import { type Api, createApi } from '../api/client';
import type { AppConfig } from '../api/config';
import { isTransient } from '../api/problem';
import { Loading } from '../components/states';
import { LiveProvider } from './LiveProvider';
import { Shell } from './Shell';
import { StartFailure } from './StartFailure';
import { ThemeModeContext, useThemeChoice } from './themeMode';

const LoginPage = lazy(() => import('../features/login/LoginPage'));
const PasswordPage = lazy(() => import('../features/login/PasswordPage'));
const DashboardPage = lazy(() => import('../features/dashboard/DashboardPage'));
const SensorPage = lazy(() => import('../features/sensor/SensorPage'));
const PredictionsPage = lazy(() => import('../features/predictions/PredictionsPage'));
const PredictionPage = lazy(() => import('../features/predictions/PredictionPage'));
const AlarmsPage = lazy(() => import('../features/alarms/AlarmsPage'));
const SettingsPage = lazy(() => import('../features/settings/SettingsPage'));
const NotFoundPage = lazy(() => import('./NotFoundPage'));

/** Under which path the pages live. */
export const basename = '/app';

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 2 && isTransient(error),
        // an operator's screen is rarely touched: coming back to it must show the present
        refetchOnWindowFocus: true,
      },
    },
  });
}

/** Signed in or not; nothing in between is shown before the cookie was tried. */
function Gate() {
  const api = useApi();
  const session = useSession();
  const [failed, setFailed] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    api.session.renew().then(
      () => setFailed(null),
      (error: unknown) => {
        setFailed(error);
        timer = setTimeout(() => setAttempt((n) => n + 1), 3000);
      },
    );
    return () => clearTimeout(timer);
  }, [api, attempt]);

  if (session.status === 'unknown') {
    return failed ? <StartFailure error={failed} /> : <Loading what="the session" rows={1} />;
  }
  if (session.status === 'out') {
    return (
      <Suspense fallback={<Loading what="the sign-in page" rows={1} />}>
        <LoginPage ended={session.reason === 'ended'} />
      </Suspense>
    );
  }
  return (
    <LiveProvider>
      <Routes>
        <Route element={<Shell />}>
          <Route index element={<DashboardPage />} />
          <Route path="sensors/:id" element={<SensorPage />} />
          <Route path="predictions" element={<PredictionsPage />} />
          <Route path="predictions/:id" element={<PredictionPage />} />
          <Route path="alarms" element={<AlarmsPage />} />
          <Route path="settings/:tab?" element={<SettingsPage />} />
          <Route path="account/password" element={<PasswordPage />} />
          <Route path="login" element={<Navigate to="/" replace />} />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Routes>
    </LiveProvider>
  );
}

export function App({ config }: { config: AppConfig | Error }) {
  const { theme, value } = useThemeChoice();
  const [queries] = useState(makeQueryClient);
  const [api] = useState<Api | null>(() => (config instanceof Error ? null : createApi(config.apiUrl)));
  return (
    <ThemeModeContext value={value}>
      <ThemeProvider theme={theme}>
        <CssBaseline enableColorScheme />
        {config instanceof Error || !api ? (
          <StartFailure error={config} />
        ) : (
          <ConfigContext value={config}>
            <ApiContext value={api}>
              <QueryClientProvider client={queries}>
                <BrowserRouter basename={basename}>
                  <Gate />
                </BrowserRouter>
              </QueryClientProvider>
            </ApiContext>
          </ConfigContext>
        )}
      </ThemeProvider>
    </ThemeModeContext>
  );
}
