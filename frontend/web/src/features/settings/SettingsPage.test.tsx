import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { Route, Routes } from 'react-router';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderApp } from '../../../tests/render';
import { problem, sensor } from '../../../tests/samples';
import { base, server } from '../../../tests/server';
import { draftOf, patchOf } from './sensorPatch';
import SettingsPage from './SettingsPage';

const missing = () => HttpResponse.json(problem(404, 'not_found'), { status: 404 });
const show = (tab: string, options: Parameters<typeof renderApp>[1] = {}) =>
  renderApp(
    <Routes>
      <Route path="settings/:tab?" element={<SettingsPage />} />
    </Routes>,
    { path: `/settings/${tab}`, ...options },
  );
let patched: unknown[];

beforeEach(() => {
  patched = [];
  server.use(
    http.get(`${base}/models`, missing),
    http.get(`${base}/dashboard`, () =>
      HttpResponse.json({
        server_time: 1,
        feed: { connected: false, since: 1 },
        sensors: { total: 1, normal: 0, fault: 0, unknown: 0, blind: 0, warming_up: 0, no_data: 1 },
        last_seen: null,
        anomaly_rate: { window_ms: 3_600_000, predictions: 0, anomalies: 0, rate: null },
        predictions: [],
        alarms: [],
        services: [{ name: 'ml-service', ok: false, reason: 'connection refused' }],
      }),
    ),
    http.get(`${base}/sensors`, () =>
      HttpResponse.json({ items: [sensor('b'), sensor('a', { status: 'new' })], next: null }),
    ),
    http.patch(`${base}/sensors/:id`, async ({ request }) => {
      patched.push(await request.json());
      return HttpResponse.json(sensor('a', { status: 'active' }));
    }),
  );
});

describe('system status', () => {
  it('names what does not answer and why', async () => {
    show('');
    const table = await screen.findByRole('table', { name: 'Services' });
    expect(within(table).getByRole('row', { name: /ml-service/ })).toHaveTextContent(
      'does not answer connection refused',
    );
    expect(within(table).getByRole('row', { name: /Live stream/ })).toHaveTextContent('lost');
  });
  it('hides models where the server has no list of them', async () => {
    show('');
    await screen.findByRole('table', { name: 'Services' });
    await expect.poll(() => screen.queryByRole('link', { name: 'Models' })).toBeNull();
  });
});

describe('sensors', () => {
  it('puts those that wait for a confirmation first, and confirms one', async () => {
    const { user } = show('sensors');
    const table = await screen.findByRole('table', { name: 'Sensors' });
    expect(within(table).getAllByRole('row')[1]).toHaveTextContent('New');
    await user.click(screen.getByRole('button', { name: 'Edit a' }));
    const dialog = await screen.findByRole('dialog', { name: 'Confirm a' });
    await user.type(within(dialog).getByLabelText('Name'), 'Feed pump');
    await user.type(within(dialog).getByLabelText('Line'), 'L1');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await expect
      .poll(() => patched)
      .toEqual([{ name: 'Feed pump', status: 'active', asset: { site: null, line: 'L1', machine: null } }]);
    await expect.poll(() => screen.queryByRole('dialog')).toBeNull();
  });
  it('keeps the dialog open with the reason when it was not saved', async () => {
    server.use(http.patch(`${base}/sensors/:id`, () => HttpResponse.json(problem(409, 'conflict'), { status: 409 })));
    const { user } = show('sensors');
    await user.click(await screen.findByRole('button', { name: 'Edit a' }));
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Not saved: it is conflict')).toBeVisible();
  });
  it('may not be edited by operators', async () => {
    show('sensors', { role: 'operator' });
    await screen.findByRole('table', { name: 'Sensors' });
    expect(screen.queryByRole('button', { name: /Edit/ })).toBeNull();
  });
});

it('models are listed with what their manifest says', async () => {
  server.use(
    http.get(`${base}/models`, () =>
      HttpResponse.json({
        items: [
          {
            version: 'v1',
            status: 'champion',
            created: 1,
            manifest: { source: 'simulated', metrics: { accuracy: 0.98123 } },
          },
        ],
        next: null,
      }),
    ),
  );
  show('models');
  const row = await screen.findByRole('row', { name: /v1/ });
  expect(row).toHaveTextContent('Champion');
  expect(row).toHaveTextContent('0.981');
});

describe('patchOf', () => {
  const known = sensor('a', { name: 'A', type: 'pump', asset: { site: 'S', line: null, machine: null } });
  it('is nothing when nothing changed', () => expect(patchOf(known, draftOf(known))).toBeNull());
  it('is only what changed', () => expect(patchOf(known, { ...draftOf(known), name: ' B ' })).toEqual({ name: 'B' }));
  it('sends a place as a whole, emptied parts as null', () =>
    expect(patchOf(known, { ...draftOf(known), site: '', line: 'L' })).toEqual({
      asset: { site: null, line: 'L', machine: null },
    }));
  it('never sends an empty name', () => expect(patchOf(known, { ...draftOf(known), name: ' ' })).toBeNull());
});
