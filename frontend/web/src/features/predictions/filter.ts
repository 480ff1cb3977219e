import * as z from 'zod/mini';
import type { PredictionFilter } from '../../api/queries';

/* The history's filter lives in the address, where anything may stand: what does not fit is left out. */

const epoch = z.coerce.number().check(z.int(), z.nonnegative());
const schemas = {
  sensor_id: z.string().check(z.minLength(1), z.maxLength(64)),
  label: z.string().check(z.minLength(1), z.maxLength(64)),
  state: z.enum(['normal', 'fault', 'unknown', 'blind', 'warming_up']),
  model: z.string().check(z.minLength(1), z.maxLength(64)),
  from: epoch,
  to: epoch,
  min_confidence: z.coerce.number().check(z.gte(0), z.lte(1)),
};

export type FilterKey = keyof typeof schemas;

export function filterFromParams(params: URLSearchParams): PredictionFilter {
  const filter: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(schemas)) {
    const text = params.get(key);
    if (text === null || text === '') continue;
    const result = z.safeParse(schema, text);
    if (result.success) filter[key] = result.data;
  }
  return filter;
}

export function withFilter(params: URLSearchParams, key: FilterKey, value: string): URLSearchParams {
  const after = new URLSearchParams(params);
  if (value === '') after.delete(key);
  else after.set(key, value);
  return after;
}
