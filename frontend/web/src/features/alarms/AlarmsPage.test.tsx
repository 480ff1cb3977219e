import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderApp } from '../../../tests/render';
import { problem } from '../../../tests/samples';
import { base, server } from '../../../tests/server';
import type { Alarm } from '../../api/queries';
import AlarmsPage from './AlarmsPage';
import { arrangeAlarms } from '../../lib/alarms';

const alarm = (id: string, more: Partial<Alarm> = {}): Alarm => ({
  id,
  sensor_id: 'pump-1',
  fault: 'bearing_wear',
  priority: 'high',
  state: 'unacked',
  raised: 1_000,
  ...more,
});
let acked: string[];

beforeEach(() => {
  acked = [];
  server.use(
    http.get(`${base}/alarms`, () =>
      HttpResponse.json({ items: [alarm('A1'), alarm('A2', { fault: 'imbalance', raised: 500 })], next: null }),
    ),
    http.post(`${base}/alarms/:id/ack`, ({ params }) => {
      acked.push(String(params.id));
      return HttpResponse.json(alarm(String(params.id), { state: 'acked', acked: 2_000 }));
    }),
  );
});

describe('AlarmsPage', () => {
  it('acknowledges by keyboard', async () => {
    const { user } = renderApp(<AlarmsPage />);
    const row = await screen.findByRole('row', { name: /Bearing wear/ });
    row.focus();
    await user.keyboard('{ArrowDown}a');
    await expect.poll(() => acked).toEqual(['A2']);
  });
  it('acknowledges by button, but not for viewers', async () => {
    const { user, unmount } = renderApp(<AlarmsPage />);
    await user.click(await screen.findByRole('button', { name: 'Acknowledge Bearing wear of pump-1' }));
    await expect.poll(() => acked).toEqual(['A1']);
    unmount();
    renderApp(<AlarmsPage />, { role: 'viewer' });
    await screen.findByRole('row', { name: /Bearing wear/ });
    expect(screen.queryByRole('button', { name: /Acknowledge|Shelve/ })).toBeNull();
  });
  it('shelves for an hour by keyboard, and takes it back', async () => {
    const shelved: unknown[] = [];
    server.use(
      http.post(`${base}/alarms/:id/shelve`, async ({ params, request }) => {
        shelved.push([params.id, await request.json()]);
        return HttpResponse.json(alarm('A1', { state: 'shelved_active' }));
      }),
      http.post(`${base}/alarms/:id/unshelve`, ({ params }) => {
        shelved.push(params.id);
        return HttpResponse.json(alarm('A1'));
      }),
    );
    const { user } = renderApp(<AlarmsPage />, { live: { alarms: { A2: alarm('A2', { state: 'shelved_active' }) } } });
    (await screen.findAllByRole('row', { name: /Bearing wear/ }))[0]?.focus();
    await user.keyboard('s');
    await expect.poll(() => shelved).toEqual([['A1', { minutes: 60 }]]);
    await user.click(screen.getByRole('button', { name: /Unshelve/ }));
    await expect.poll(() => shelved[1]).toBe('A2');
  });
  it('says why an acknowledgement failed', async () => {
    server.use(http.post(`${base}/alarms/:id/ack`, () => HttpResponse.json(problem(409, 'conflict'), { status: 409 })));
    const { user } = renderApp(<AlarmsPage />);
    await user.click(await screen.findByRole('button', { name: /Acknowledge Bearing wear/ }));
    expect(await screen.findByText('Not done: it is conflict')).toBeVisible();
  });
  it.each([
    ['none', HttpResponse.json({ items: [], next: null }), 'No open alarm.'],
    [
      'no such route',
      HttpResponse.json(problem(404, 'not_found'), { status: 404 }),
      'This server keeps no alarms yet.',
    ],
  ])('says that there is %s', async (_name, response, text) => {
    server.use(http.get(`${base}/alarms`, () => response));
    renderApp(<AlarmsPage />);
    expect(await screen.findByText(text)).toBeVisible();
  });
});

describe('arrangeAlarms', () => {
  const order = (listed: Alarm[], live: Record<string, Alarm> = {}) => arrangeAlarms(listed, live).map((a) => a.id);
  it('puts what waits first, then by priority, then the newest', () =>
    expect(
      order([
        alarm('acked', { state: 'acked', priority: 'critical' }),
        alarm('low', { priority: 'low', raised: 9_000 }),
        alarm('old'),
        alarm('new', { raised: 2_000 }),
      ]),
    ).toEqual(['new', 'old', 'low', 'acked']));
  it('believes the live stream over the list', () =>
    expect(order([alarm('a'), alarm('b', { raised: 1 })], { a: alarm('a', { state: 'acked' }) })).toEqual(['b', 'a']));
  it('leaves out what is over, where only open ones are wanted', () =>
    expect(
      arrangeAlarms([alarm('a'), alarm('b')], { a: alarm('a', { state: 'normal' }) }, true).map((a) => a.id),
    ).toEqual(['b']));
});
