import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { problem, session, sensor } from '../../tests/samples';
import { base, server } from '../../tests/server';
import { createApi } from './client';
import { ApiError, unwrap } from './problem';

const bearer = (request: Request) => request.headers.get('authorization');
const list = () => HttpResponse.json({ items: [], next: null });

describe('calls', () => {
  it('carry the token', async () => {
    const api = createApi(base);
    api.session.accept(session);
    server.use(
      http.get(`${base}/sensors`, ({ request }) =>
        HttpResponse.json({ items: [sensor(bearer(request) ?? '')], next: null }),
      ),
    );
    const page = await unwrap(api.client.GET('/sensors'));
    expect(page.items[0]?.id).toBe('Bearer token-1');
  });

  it('renew a token that was refused, once, and send the body again', async () => {
    const api = createApi(base);
    api.session.accept(session);
    const seen: unknown[] = [];
    server.use(
      http.post(`${base}/auth/refresh`, () => HttpResponse.json({ ...session, access_token: 'token-2' })),
      http.patch(`${base}/sensors/p`, async ({ request }) => {
        seen.push([bearer(request), await request.json()]);
        return bearer(request) === 'Bearer token-2'
          ? HttpResponse.json(sensor('p'))
          : HttpResponse.json(problem(401, 'unauthorized'), { status: 401 });
      }),
    );
    await unwrap(api.client.PATCH('/sensors/{id}', { params: { path: { id: 'p' } }, body: { name: 'Pump' } }));
    expect(seen).toEqual([
      ['Bearer token-1', { name: 'Pump' }],
      ['Bearer token-2', { name: 'Pump' }],
    ]);
  });

  it('end the session when the cookie is worth nothing any more', async () => {
    const api = createApi(base);
    api.session.accept(session);
    const refused = () => HttpResponse.json(problem(401, 'unauthorized'), { status: 401 });
    server.use(http.post(`${base}/auth/refresh`, refused), http.get(`${base}/sensors`, refused));
    await expect(unwrap(api.client.GET('/sensors'))).rejects.toMatchObject({ status: 401 });
    expect(api.session.state()).toEqual({ status: 'out', reason: 'ended' });
  });

  it('share one refresh, before the token ends', async () => {
    const api = createApi(base);
    api.session.accept({ ...session, expires_in: 5 });
    const refreshed = vi.fn();
    server.use(
      http.post(`${base}/auth/refresh`, () => {
        refreshed();
        return HttpResponse.json({ ...session, access_token: 'token-2' });
      }),
      http.get(`${base}/sensors`, list),
    );
    await Promise.all([1, 2, 3].map(() => unwrap(api.client.GET('/sensors'))));
    expect(refreshed).toHaveBeenCalledTimes(1);
  });
});

describe('failures', () => {
  it('keep what the server said', async () => {
    const api = createApi(base);
    server.use(
      http.post(`${base}/auth/login`, () =>
        HttpResponse.json(problem(400, 'invalid_field', { field: 'username' }), { status: 400 }),
      ),
    );
    const call = unwrap(api.client.POST('/auth/login', { body: { username: 'a', password: 'b' } }));
    await expect(call).rejects.toMatchObject({
      status: 400,
      code: 'invalid_field',
      field: 'username',
      requestId: 'REQ1',
      message: 'it is invalid_field',
    });
  });

  it('say that no answer came', async () => {
    const api = createApi(base);
    server.use(http.post(`${base}/auth/login`, () => HttpResponse.error()));
    const call = unwrap(api.client.POST('/auth/login', { body: { username: 'a', password: 'b' } }));
    await expect(call).rejects.toBeInstanceOf(ApiError);
    await expect(call).rejects.toMatchObject({ status: 0, code: 'network' });
  });

  it('survive an answer that is no problem document', async () => {
    const api = createApi(base);
    server.use(http.post(`${base}/auth/login`, () => new HttpResponse('<html>', { status: 502 })));
    const call = unwrap(api.client.POST('/auth/login', { body: { username: 'a', password: 'b' } }));
    await expect(call).rejects.toMatchObject({ status: 502 });
  });

  it('of the refresh do not sign anybody out while the server is away', async () => {
    const api = createApi(base);
    api.session.accept({ ...session, expires_in: 5 });
    server.use(
      http.post(`${base}/auth/refresh`, () => HttpResponse.json(problem(503, 'unavailable'), { status: 503 })),
    );
    await expect(api.session.token()).rejects.toMatchObject({ status: 503 });
    expect(api.session.state().status).toBe('in');
  });
});
