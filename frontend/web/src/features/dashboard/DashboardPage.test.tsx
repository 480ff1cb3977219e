import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderApp } from '../../../tests/render';
import { prediction, problem, sensorState } from '../../../tests/samples';
import { base, server } from '../../../tests/server';
import type { Dashboard } from '../../api/queries';
import { addAllToRuns } from '../../lib/live/runs';
import DashboardPage from './DashboardPage';

const summary: Dashboard = {
  server_time: 1,
  feed: { connected: true, since: 1 },
  sensors: { total: 3, normal: 1, fault: 1, unknown: 0, blind: 1, warming_up: 0, no_data: 0 },
  last_seen: 1_000,
  anomaly_rate: { window_ms: 3_600_000, predictions: 200, anomalies: 5, rate: 0.025 },
  predictions: [],
  alarms: [],
  services: [{ name: 'ml-service', ok: false, reason: 'connection refused' }],
};
const sensors = {
  'fan-1': sensorState('fan-1', { type: 'fan' }),
  'pump-1': sensorState('pump-1', {
    name: 'Feed pump',
    state: 'fault',
    label: 'bearing_wear',
    confidence: 0.93,
    prediction_id: 'P1',
  }),
  'pump-2': sensorState('pump-2', { state: 'blind', label: null }),
};
const machines = () =>
  within(screen.getByRole('list', { name: 'Machines' }))
    .getAllByRole('link')
    .map((a) => a.getAttribute('aria-label'));

beforeEach(() => {
  server.use(
    http.get(`${base}/dashboard`, () => HttpResponse.json(summary)),
    http.get(`${base}/sensors/:id/readings`, ({ params }) =>
      HttpResponse.json({ sensor_id: params.id, resolution: '1s', t: [], channels: {} }),
    ),
  );
});

describe('DashboardPage', () => {
  it('shows machines, the worst first, each by word', () => {
    renderApp(<DashboardPage />, { live: { ready: true, sensors } });
    expect(machines()).toEqual(['Feed pump: Fault', 'pump-2: Blind', 'fan-1: Normal']);
    const tile = screen.getByRole('link', { name: 'Feed pump: Fault' }).closest('li') as HTMLElement;
    expect(tile).toHaveTextContent('Bearing wear 93.0 %');
    expect(tile).toHaveTextContent('2.50 mm/s');
  });
  it('says what is old', () => {
    renderApp(<DashboardPage />, { live: { ready: true, sensors } });
    expect(screen.getByRole('link', { name: 'fan-1: Normal' }).closest('li')).toHaveTextContent('(old)');
  });
  it('filters by state with a press, in the address', async () => {
    const { user } = renderApp(<DashboardPage />, { live: { ready: true, sensors } });
    const button = screen.getByRole('button', { name: /1.*Blind/ });
    await user.click(button);
    expect(machines()).toEqual(['pump-2: Blind']);
    expect(button).toHaveAttribute('aria-pressed', 'true');
    expect(screen.getByLabelText('address')).toHaveTextContent('/?state=blind');
    await user.click(screen.getByRole('button', { name: 'Show all' }));
    expect(machines()).toHaveLength(3);
  });
  it('finds by name and says when nothing fits', async () => {
    const { user } = renderApp(<DashboardPage />, { live: { ready: true, sensors } });
    await user.type(screen.getByRole('searchbox', { name: 'Find' }), 'feed');
    expect(machines()).toEqual(['Feed pump: Fault']);
    await user.type(screen.getByRole('searchbox', { name: 'Find' }), 'zzz');
    expect(screen.getByText('No machine fits this filter.')).toBeVisible();
  });
  it('shows the rate and which service does not answer', async () => {
    renderApp(<DashboardPage />, { live: { ready: true, sensors } });
    expect(await screen.findByText('2.5 %')).toBeVisible();
    expect(screen.getByText('ml-service not answering')).toBeVisible();
  });
  it('lists the newest predictions by the names of their sensors', () => {
    renderApp(<DashboardPage />, {
      live: { ready: true, sensors, runs: addAllToRuns([], [prediction('P0', { at: 1_000 }), prediction('P1')]) },
    });
    const list = screen.getByRole('list', { name: 'Newest predictions' });
    expect(within(list).getByRole('link')).toHaveAttribute('href', '/predictions/P1');
    expect(list).toHaveTextContent('Feed pump Bearing wear93.0 %');
  });
  it('waits for the first snapshot', () => {
    renderApp(<DashboardPage />);
    expect(screen.getByRole('status', { name: 'Loading the machines' })).toBeInTheDocument();
  });
  it('says how an empty plant begins', () => {
    renderApp(<DashboardPage />, { live: { ready: true } });
    expect(screen.getByText('No sensor has sent anything yet.')).toBeVisible();
    expect(screen.getByText('No prediction yet.')).toBeVisible();
  });
  it('keeps the machines when the summary fails, and tries again', async () => {
    server.use(
      http.get(`${base}/dashboard`, () => HttpResponse.json(problem(503, 'unavailable'), { status: 503 }), {
        once: true,
      }),
    );
    const { user } = renderApp(<DashboardPage />, { live: { ready: true, sensors } });
    expect(await screen.findByText(/The plant summary could not be read: it is unavailable/)).toBeVisible();
    expect(machines()).toHaveLength(3);
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('2.5 %')).toBeVisible();
  });
});
