import * as z from 'zod/mini';

/** What the file daemon says in /config.json. */
const configSchema = z.object({ api_url: z.string(), version: z.string() });

export interface AppConfig {
  /** Base of every call, without trailing slash. */
  apiUrl: string;
  version: string;
}

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** An empty address means the page's own origin. A loopback address can only be meant for the machine that serves the page:
 *  from elsewhere it is reached under the page's host name, and only the port counts. That also keeps the session cookie
 *  same-site where one address says localhost and the other 127.0.0.1. */
export function resolveApiUrl(apiUrl: string, page: { origin: string; hostname: string }): string {
  if (apiUrl === '') return page.origin;
  const url = new URL(apiUrl);
  if (loopback.has(url.hostname) && url.hostname !== page.hostname) url.hostname = page.hostname;
  return url.toString().replace(/\/+$/, '');
}

export function parseConfig(json: unknown, page: { origin: string; hostname: string }): AppConfig {
  const config = z.parse(configSchema, json);
  return { apiUrl: resolveApiUrl(config.api_url, page), version: config.version };
}

/** Reads /config.json; throws where there is none, as nothing else can work then. */
export async function loadConfig(): Promise<AppConfig> {
  // The one call that cannot go through the client: it says where the client's calls go.
  // eslint-disable-next-line no-restricted-globals
  const answer = await fetch('/config.json', { cache: 'no-store' });
  if (!answer.ok) throw new Error(`/config.json answered ${answer.status}`);
  return parseConfig(await answer.json(), window.location);
}
