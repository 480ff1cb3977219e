import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { loadConfig } from './api/config';
import { App } from './app/App';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const config = await loadConfig().catch((error: unknown) =>
  error instanceof Error ? error : new Error(String(error)),
);
createRoot(root).render(
  <StrictMode>
    <App config={config} />
  </StrictMode>,
);
