/* The one client of backend-api. createApi() makes it together with the session that it authenticates with. */
import createClient, { type Client } from 'openapi-fetch';
import { unwrap } from './problem';
import type { paths } from './schema';
import { Session } from './session';

export type ApiClient = Client<paths>;

export interface Api {
  client: ApiClient;
  session: Session;
  baseUrl: string;
}

const deadlineMs = 15_000;

function withDeadline(request: Request): Request {
  return new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(deadlineMs)]) });
}

// looked up at each call, as tests put their own in place later
function send(request: Request): Promise<Response> {
  return globalThis.fetch(withDeadline(request));
}

function authorized(request: Request, token: string): Request {
  const headers = new Headers(request.headers);
  headers.set('authorization', `Bearer ${token}`);
  return new Request(request, { headers });
}

export function createApi(baseUrl: string): Api {
  const options = { baseUrl, credentials: 'include' as const };
  const anonymous = createClient<paths>({ ...options, fetch: send });

  const session = new Session({
    async refresh() {
      const result = await anonymous.POST('/auth/refresh');
      if (result.response.status === 401) return null;
      return unwrap(Promise.resolve(result));
    },
    async logout() {
      await anonymous.POST('/auth/logout');
    },
  });

  async function sendAuthorized(request: Request): Promise<Response> {
    const open = /\/auth\/(login|refresh|logout)$/.test(new URL(request.url).pathname);
    const token = open ? null : await session.token();
    if (!token) return send(request);
    const again = request.clone();
    const answer = await send(authorized(request, token));
    // a token can be revoked before its time: one new one, one more try
    if (answer.status !== 401 || !(await session.renew())) return answer;
    const fresh = await session.token();
    return fresh ? send(authorized(again, fresh)) : answer;
  }

  return { client: createClient<paths>({ ...options, fetch: sendAuthorized }), session, baseUrl };
}
