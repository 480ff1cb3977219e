import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { renderApp } from '../../../tests/render';
import { problem, session } from '../../../tests/samples';
import { base, server } from '../../../tests/server';
import PasswordPage from './PasswordPage';

async function fill(user: ReturnType<typeof renderApp>['user'], next: string, again: string) {
  await user.type(screen.getByLabelText(/Current password/), 'old');
  await user.type(screen.getByLabelText(/^New password \*|^New password$/), next);
  await user.type(screen.getByLabelText(/New password again/), again);
}
const button = () => screen.getByRole('button', { name: 'Change password' });

describe('PasswordPage', () => {
  it.each([
    ['short', 'short'],
    ['long enough indeed', 'something else'],
  ])('sends nothing for %s and %s', async (next, again) => {
    const { user } = renderApp(<PasswordPage />);
    await fill(user, next, again);
    expect(button()).toBeDisabled();
  });
  it('changes it and knows that it is no first password any more', async () => {
    server.use(
      http.post(`${base}/auth/password`, () => new HttpResponse(null, { status: 204 })),
      http.get(`${base}/auth/me`, () => HttpResponse.json({ ...session.user, role: 'engineer' })),
    );
    const { api, user } = renderApp(<PasswordPage />);
    await fill(user, 'long enough indeed', 'long enough indeed');
    await user.click(button());
    expect(await screen.findByText(/Password changed/)).toBeVisible();
    expect(api.session.state()).toMatchObject({ user: { role: 'engineer' } });
  });
  it('says that the current one is wrong', async () => {
    server.use(http.post(`${base}/auth/password`, () => HttpResponse.json(problem(403, 'forbidden'), { status: 403 })));
    const { user } = renderApp(<PasswordPage />);
    await fill(user, 'long enough indeed', 'long enough indeed');
    await user.click(button());
    expect(await screen.findByText('The current password is wrong.')).toBeVisible();
  });
});
