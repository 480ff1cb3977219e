import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { loadConfig } from './api/config';
import { App, basename } from './app/App';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
// The pages live below /app: behind one proxy /predictions is the API's. Older addresses, and /, lead there.
const { pathname, search, hash } = window.location;
if (pathname !== basename && !pathname.startsWith(`${basename}/`))
  window.history.replaceState(null, '', `${basename}${pathname}${search}${hash}`);

const config = await loadConfig().catch((error: unknown) =>
  error instanceof Error ? error : new Error(String(error)),
);
createRoot(root).render(
  <StrictMode>
    <App config={config} />
  </StrictMode>,
);
