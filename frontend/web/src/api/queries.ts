/* What the dashboard asks for, with how long an answer counts as fresh. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { Api } from './client';
import { ApiError, unwrap } from './problem';
import type { components, operations } from './schema';

type Schemas = components['schemas'];
export type Dashboard = Schemas['Dashboard'];
export type Sensor = Schemas['Sensor'];
export type SensorState = Schemas['SensorState'];
export type SensorPatch = Schemas['SensorPatch'];
export type Prediction = Schemas['Prediction'];
export type Series = Schemas['Series'];
export type Alarm = Schemas['alarm.schema'];
export type Model = Schemas['model.schema'];
export type ModelList = Schemas['model_list.schema'];
export type Verdict = Schemas['feedback.schema']['verdict'];
export type PredictionFilter = Omit<
  NonNullable<operations['listPredictions']['parameters']['query']>,
  'cursor' | 'limit'
>;
export type ReadingsQuery = NonNullable<operations['sensorReadings']['parameters']['query']>;

export const dashboardQuery = (api: Api) =>
  queryOptions({
    queryKey: ['dashboard'],
    queryFn: () => unwrap(api.client.GET('/dashboard')),
    refetchInterval: 10_000,
    staleTime: 5_000,
  });

/** No plant page can use more sensors than this at once. */
const sensorsMax = 5_000;

export const sensorsQuery = (api: Api) =>
  queryOptions({
    queryKey: ['sensors'],
    queryFn: async () => {
      const items: Sensor[] = [];
      let cursor: string | null = null;
      do {
        const query: { limit: number; cursor?: string } = { limit: 500 };
        if (cursor) query.cursor = cursor;
        const page: Schemas['SensorList'] = await unwrap(api.client.GET('/sensors', { params: { query } }));
        items.push(...page.items);
        cursor = page.next;
      } while (cursor && items.length < sensorsMax);
      return items;
    },
    refetchInterval: 60_000,
    staleTime: 15_000,
  });

export const sensorQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: ['sensors', id],
    queryFn: () => unwrap(api.client.GET('/sensors/{id}', { params: { path: { id } } })),
    staleTime: 15_000,
  });

export const readingsQuery = (api: Api, id: string, query: ReadingsQuery) =>
  queryOptions({
    queryKey: ['readings', id, query],
    queryFn: () => unwrap(api.client.GET('/sensors/{id}/readings', { params: { path: { id }, query } })),
    staleTime: 30_000,
  });

export const predictionsQuery = (api: Api, filter: PredictionFilter) =>
  infiniteQueryOptions({
    queryKey: ['predictions', filter],
    queryFn: ({ pageParam }) => {
      const query = pageParam === null ? { ...filter, limit: 50 } : { ...filter, limit: 50, cursor: pageParam };
      return unwrap(api.client.GET('/predictions', { params: { query } }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    staleTime: 10_000,
  });

/** The newest few of one sensor, read again while its page is open. */
export const recentPredictionsQuery = (api: Api, sensorId: string) =>
  queryOptions({
    queryKey: ['predictions', 'recent', sensorId],
    queryFn: () => unwrap(api.client.GET('/predictions', { params: { query: { sensor_id: sensorId, limit: 20 } } })),
    refetchInterval: 15_000,
    staleTime: 5_000,
  });

export const predictionQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: ['prediction', id],
    queryFn: () => unwrap(api.client.GET('/predictions/{id}', { params: { path: { id } } })),
    staleTime: 300_000, // a prediction is amended by a new one, never rewritten
  });

/** The answer, or null where this backend-api has no such route. */
async function orAbsent<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 501)) return null;
    throw error;
  }
}

export const modelsQuery = (api: Api) =>
  queryOptions({
    queryKey: ['models'],
    queryFn: () => orAbsent(unwrap(api.client.GET('/models'))),
    staleTime: 30_000,
  });

/** Alarms: the open ones, or all of them, newest first. */
export const alarmsQuery = (api: Api, which: 'open' | 'all' = 'open') =>
  queryOptions({
    queryKey: ['alarms', which],
    queryFn: () => {
      const query = which === 'open' ? { state: 'open', limit: 200 } : { limit: 200 };
      return orAbsent(unwrap(api.client.GET('/alarms', { params: { query } })));
    },
    staleTime: 5_000,
    // where there is no such route it will not come before the next release
    refetchInterval: (query) => (query.state.data === null ? false : 15_000),
  });

/** Whether POST /feedback is there: asked by its GET, which changes nothing. */
export const feedbackAvailableQuery = (api: Api) =>
  queryOptions({
    queryKey: ['feedback', 'available'],
    queryFn: async () => {
      try {
        return (await orAbsent(unwrap(api.client.GET('/feedback', { params: { query: { limit: 1 } } })))) !== null;
      } catch (error) {
        if (error instanceof ApiError && (error.status === 405 || error.status === 403)) return true;
        throw error;
      }
    },
    staleTime: Infinity,
  });
