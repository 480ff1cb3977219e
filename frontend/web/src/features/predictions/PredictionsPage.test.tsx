import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderApp } from '../../../tests/render';
import { prediction, problem, sensor } from '../../../tests/samples';
import { base, server } from '../../../tests/server';
import { filterFromParams } from './filter';
import PredictionsPage from './PredictionsPage';

let asked: string[];

beforeEach(() => {
  asked = [];
  server.use(
    http.get(`${base}/sensors`, () =>
      HttpResponse.json({ items: [sensor('pump-1', { name: 'Feed pump' })], next: null }),
    ),
    http.get(`${base}/predictions`, ({ request }) => {
      const { search, searchParams } = new URL(request.url);
      asked.push(search);
      return HttpResponse.json(
        searchParams.get('cursor') === 'c2'
          ? { items: [prediction('P2', { label: 'imbalance' })], next: null }
          : { items: [prediction('P1')], next: 'c2' },
      );
    }),
  );
});

describe('PredictionsPage', () => {
  it('pages by the cursor until there is none', async () => {
    const { user } = renderApp(<PredictionsPage />);
    expect(await screen.findByRole('cell', { name: /Bearing wear/ })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Feed pump' })).toHaveAttribute('href', '/sensors/pump-1');
    await user.click(screen.getByRole('button', { name: 'Show older' }));
    expect(await screen.findByRole('cell', { name: /Imbalance/ })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Show older' })).toBeNull();
    expect(asked).toEqual(['?limit=50', '?limit=50&cursor=c2']);
  });
  it('asks as the address says', async () => {
    renderApp(<PredictionsPage />, { path: '/predictions?state=fault&min_confidence=0.9&from=5' });
    await screen.findByRole('table');
    expect(asked[0]).toBe('?state=fault&from=5&min_confidence=0.9&limit=50');
    expect(screen.getByRole('spinbutton', { name: 'Confidence from %' })).toHaveValue(90);
  });
  it('puts the filter into the address once a field is left', async () => {
    const { user } = renderApp(<PredictionsPage />);
    await screen.findByRole('table');
    await user.type(screen.getByRole('spinbutton', { name: 'Confidence from %' }), '75{Enter}');
    expect(screen.getByLabelText('address')).toHaveTextContent('min_confidence=0.75');
    await user.click(screen.getByRole('button', { name: 'Clear filter' }));
    expect(screen.getByLabelText('address')).not.toHaveTextContent('min_confidence');
  });
  it('says when nothing fits', async () => {
    server.use(http.get(`${base}/predictions`, () => HttpResponse.json({ items: [], next: null })));
    renderApp(<PredictionsPage />, { path: '/predictions?label=x' });
    expect(await screen.findByText('No prediction fits.')).toBeVisible();
    expect(screen.getByText('Widen or clear the filter.')).toBeVisible();
  });
  it('says why it has nothing to show', async () => {
    server.use(http.get(`${base}/predictions`, () => HttpResponse.json(problem(500, 'internal'), { status: 500 })));
    renderApp(<PredictionsPage />);
    expect(await screen.findByText(/Predictions could not be read: it is internal/)).toBeVisible();
  });
});

describe('filterFromParams', () => {
  it.each([
    ['state=fault&label=x&model=v1&sensor_id=a', { state: 'fault', label: 'x', model: 'v1', sensor_id: 'a' }],
    ['from=10&to=20&min_confidence=0.5', { from: 10, to: 20, min_confidence: 0.5 }],
    ['state=fine&from=-1&to=x&min_confidence=7&label=', {}],
    [`sensor_id=${'a'.repeat(65)}`, {}],
    ['limit=9&cursor=c', {}],
  ])('%s', (query, filter) => expect(filterFromParams(new URLSearchParams(query))).toEqual(filter));
});
