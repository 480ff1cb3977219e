import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { Route, Routes } from 'react-router';
import { renderApp } from '../../../tests/render';
import { prediction, problem, sensor } from '../../../tests/samples';
import { base, server } from '../../../tests/server';
import PredictionPage from './PredictionPage';

const missing = () => HttpResponse.json(problem(404, 'not_found'), { status: 404 });
const show = (options: Parameters<typeof renderApp>[1] = {}) =>
  renderApp(
    <Routes>
      <Route path="predictions/:id" element={<PredictionPage />} />
    </Routes>,
    { path: '/predictions/P1', ...options },
  );

beforeEach(() => {
  server.use(
    http.get(`${base}/predictions/P1`, () => HttpResponse.json(prediction('P1'))),
    http.get(`${base}/sensors/pump-1`, () => HttpResponse.json(sensor('pump-1', { name: 'Feed pump' }))),
    http.get(`${base}/sensors/pump-1/readings`, () =>
      HttpResponse.json({
        sensor_id: 'pump-1',
        resolution: 'raw',
        t: [1_000, 2_000],
        channels: { vibration_x: [1, 2] },
      }),
    ),
    http.get(`${base}/feedback`, missing),
  );
});

describe('PredictionPage', () => {
  it('says what, how sure, why, and from which readings', async () => {
    show();
    expect(await screen.findByRole('heading', { level: 1, name: 'Feed pump: Bearing wear' })).toBeVisible();
    const why = screen.getByRole('list', { name: 'Contributing channels' });
    expect(why).toHaveTextContent('vibration x+1.50rms +1.50');
    expect(within(screen.getByRole('list', { name: 'Probabilities' })).getAllByRole('listitem')[0]).toHaveTextContent(
      'Bearing wear93.0 %',
    );
    expect(await screen.findByRole('img', { name: /vibration x in the window/ })).toBeInTheDocument();
    expect(screen.getByText('P1')).toBeVisible();
  });
  it('says when its readings are gone', async () => {
    server.use(
      http.get(`${base}/sensors/pump-1/readings`, () =>
        HttpResponse.json({ sensor_id: 'pump-1', resolution: 'raw', t: [], channels: {} }),
      ),
    );
    show();
    expect(await screen.findByText('The readings of this window are not stored any more.')).toBeVisible();
  });
  it('says that there is none', async () => {
    server.use(http.get(`${base}/predictions/P1`, missing));
    show();
    expect(await screen.findByText('There is no prediction P1.')).toBeVisible();
  });
  it('asks for no feedback where the server takes none', async () => {
    show();
    await screen.findByRole('list', { name: 'Probabilities' });
    await screen.findByRole('img', { name: /in the window/ });
    expect(screen.queryByText('Was this right?')).toBeNull();
  });
});

describe('feedback', () => {
  const sent: unknown[] = [];
  beforeEach(() => {
    sent.length = 0;
    server.use(
      http.get(`${base}/feedback`, () => HttpResponse.json({ items: [], next: null })),
      http.post(`${base}/feedback`, async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json({}, { status: 201 });
      }),
    );
  });
  it('confirms with one press', async () => {
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Confirm' }));
    expect(await screen.findByText('Noted: confirmed.')).toBeVisible();
    expect(sent).toEqual([{ prediction_id: 'P1', verdict: 'confirm' }]);
  });
  it('relabels with a comment', async () => {
    const { user } = show();
    await user.click(await screen.findByRole('combobox', { name: 'It was' }));
    await user.click(screen.getByRole('option', { name: 'Normal' }));
    await user.type(screen.getByRole('textbox', { name: 'Comment' }), 'was greased');
    await user.click(screen.getByRole('button', { name: 'Relabel' }));
    expect(await screen.findByText('Noted: it was Normal.')).toBeVisible();
    expect(sent).toEqual([{ prediction_id: 'P1', verdict: 'relabel', label: 'normal', comment: 'was greased' }]);
  });
  it('is not offered to viewers', async () => {
    show({ role: 'viewer' });
    await screen.findByRole('list', { name: 'Probabilities' });
    expect(screen.queryByRole('button', { name: 'Confirm' })).toBeNull();
  });
});
