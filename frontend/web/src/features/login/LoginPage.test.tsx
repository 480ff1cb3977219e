import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '../../../tests/render';
import { problem, session } from '../../../tests/samples';
import { base, server } from '../../../tests/server';
import LoginPage from './LoginPage';

const answer = (status: number, body: object) =>
  server.use(http.post(`${base}/auth/login`, () => HttpResponse.json(body, { status })));

async function submit(user: ReturnType<typeof renderApp>['user']) {
  await user.type(screen.getByLabelText(/Password/), 'secret');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
}

describe('LoginPage', () => {
  it('tells where the first password is', () => {
    renderApp(<LoginPage ended={false} />, { signedIn: false });
    expect(screen.getByText('$AAS_HOME/secrets/admin-password')).toBeVisible();
  });
  it('signs in', async () => {
    answer(200, session);
    const { api, user } = renderApp(<LoginPage ended={false} />, { signedIn: false });
    await submit(user);
    await expect.poll(() => api.session.state()).toEqual({ status: 'in', user: session.user });
    expect(screen.getByLabelText('address')).toHaveTextContent('/');
  });
  it('leads to the change of a first password', async () => {
    answer(200, { ...session, user: { ...session.user, must_change: true } });
    const { user } = renderApp(<LoginPage ended={false} />, { signedIn: false });
    await submit(user);
    await expect.poll(() => screen.getByLabelText('address').textContent).toBe('/account/password');
  });
  it.each([
    [401, 'unauthorized', 'Name or password is wrong.'],
    [429, 'rate_limited', 'Too many attempts: wait a minute.'],
    [503, 'unavailable', 'it is unavailable'],
  ])('says what %i means', async (status, code, text) => {
    answer(status, problem(status, code));
    const { user } = renderApp(<LoginPage ended={false} />, { signedIn: false });
    await submit(user);
    expect(await screen.findByText(text)).toBeVisible();
  });
  it('says that a session has ended', () => {
    renderApp(<LoginPage ended />, { signedIn: false });
    expect(screen.getByText(/session has ended/)).toBeVisible();
  });
});
