import type { components as ml } from './ml-schema';
import type { components } from './schema';

/* Routes that backend-api grows after the first release: the contract does not hold them yet, so the dashboard asks once
 * whether they are there (see features.ts) and shows what belongs to them only then. */

export interface Alarm {
  id: string;
  sensor_id: string;
  fault: string;
  priority?: string | number | null;
  state: string;
  raised: number;
  acked?: number | null;
  returned?: number | null;
  cleared?: number | null;
}

export type Model = ml['schemas']['ModelList']['items'][number];

export interface FeedbackBody {
  prediction_id: string;
  verdict: 'confirm' | 'reject' | 'relabel';
  label?: string;
  comment?: string;
}

type Json<T> = { content: { 'application/json': T } };
type Failure = { content: { 'application/problem+json': components['schemas']['Problem'] } };
interface Get<Answer, Query = never> {
  parameters: { query?: Query };
  responses: { 200: Json<Answer>; 404: Failure };
}

export interface PlannedPaths {
  '/models': { get: Get<ml['schemas']['ModelList']> };
  '/alarms': { get: Get<{ items: Alarm[]; next: string | null }, { state?: string; limit?: number; cursor?: string }> };
  '/alarms/{id}/ack': {
    post: { parameters: { path: { id: string } }; responses: { 200: Json<Alarm>; 404: Failure; 409: Failure } };
  };
  '/feedback': {
    get: Get<{ items: { id: string }[]; next: string | null }, { limit?: number }>;
    post: {
      parameters: object;
      requestBody: Json<FeedbackBody>;
      responses: { 200: Json<unknown>; 201: Json<unknown>; 400: Failure };
    };
  };
}
