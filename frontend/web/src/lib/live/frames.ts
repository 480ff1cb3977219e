/* Frames of WS /realtime, checked where they enter. The C side writes them by shared/schemas/ws_server.schema.json; a frame
 * that does not fit is counted and dropped, never half believed. */
import * as z from 'zod/mini';
import type { components } from '../../api/schema';

const time = z.int().check(z.nonnegative());
const nullish = <T extends z.ZodMiniType>(type: T) => z.optional(z.nullable(type));

const prediction = z.looseObject({
  id: z.string().check(z.minLength(1)),
  sensor_id: z.string(),
  at: time,
  window: nullish(z.looseObject({ start: time, end: time, n: z.number(), coverage: nullish(z.number()) })),
  state: z.enum(['normal', 'fault', 'unknown', 'blind', 'warming_up']),
  label: z.nullable(z.string()),
  confidence: z.nullable(z.number()),
  probabilities: z.optional(z.record(z.string(), z.nullable(z.number()))),
  anomaly_score: nullish(z.number()),
  is_anomaly: z.boolean(),
  model: z.nullable(z.string()),
  role: nullish(z.string()),
  explanation: nullish(z.array(z.looseObject({ channel: z.string(), stat: z.string(), contribution: z.number() }))),
  features_hash: nullish(z.string()),
  latency_us: nullish(z.number()),
  received: nullish(z.number()),
});

const sensor = z.looseObject({
  sensor_id: z.string().check(z.minLength(1)),
  name: nullish(z.string()),
  type: nullish(z.string()),
  status: nullish(z.string()),
  state: z.enum(['normal', 'fault', 'unknown', 'blind', 'warming_up', 'no_data']),
  label: nullish(z.string()),
  confidence: nullish(z.number()),
  prediction_id: nullish(z.string()),
  last_seen: nullish(time),
  rate_hz: nullish(z.number()),
  channels: z.optional(z.array(z.looseObject({ name: z.string(), unit: nullish(z.string()) }))),
  latest: nullish(z.looseObject({ t: z.nullable(time), values: z.record(z.string(), z.nullable(z.number())) })),
  coverage: nullish(z.number()),
});

/** An alarm as far as lists need it; more fields may come. */
const alarm = z.looseObject({
  id: z.string(),
  sensor_id: z.string(),
  fault: nullish(z.string()),
  state: z.enum([
    'normal',
    'unacked',
    'acked',
    'rtn_unacked',
    'shelved',
    'shelved_active',
    'suppressed',
    'suppressed_active',
    'out_of_service',
    'out_of_service_active',
  ]),
  raised: time,
  priority: nullish(z.string()),
  acked: nullish(time),
  returned: nullish(time),
  cleared: nullish(time),
  shelved_until: nullish(time),
});

const seq = z.int().check(z.nonnegative());

const frameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), seq, epoch: z.union([z.string(), z.number()]), server_time: time }),
  z.object({
    type: z.literal('snapshot'),
    seq,
    sensors: z.array(sensor),
    predictions: z.array(prediction),
    alarms: z.optional(z.array(z.unknown())),
  }),
  z.object({
    type: z.literal('readings'),
    seq,
    sensor_id: z.string(),
    t: z.array(time),
    channels: z.record(z.string(), z.array(z.nullable(z.number()))),
  }),
  z.object({ type: z.literal('prediction'), seq, prediction }),
  z.object({ type: z.literal('sensor'), seq, sensor }),
  z.object({ type: z.literal('lost'), seq, count: z.int().check(z.positive()) }),
  z.object({ type: z.literal('feed'), seq, connected: z.boolean(), since: nullish(time) }),
  z.object({ type: z.literal('alarm'), seq, alarm }),
]);

type Contract = components['schemas'];
type Alarm = Contract['alarm.schema'];
/** The contract's types; the schema above accepts no frame that they don't describe. */
export type Frame =
  | Contract['hello']
  | (Omit<Contract['snapshot'], 'alarms'> & { alarms?: Alarm[] })
  | Contract['readings']
  | Contract['prediction']
  | Contract['sensor']
  | Contract['lost']
  | Contract['feed']
  | { type: 'alarm'; seq: number; alarm: Alarm };
export type ReadingsFrame = Contract['readings'];
export type ClientFrame = Contract['LiveClientFrame'];

/** A frame, or null where the text is none. */
export function parseFrame(text: unknown): Frame | null {
  if (typeof text !== 'string') return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const result = z.safeParse(frameSchema, json);
  if (!result.success) return null;
  const frame = result.data as Frame;
  if (frame.type === 'snapshot' && frame.alarms) {
    // one alarm of a kind that is not known here must not cost the states of all machines
    return { ...frame, alarms: frame.alarms.filter((each) => z.safeParse(alarm, each).success) };
  }
  if (frame.type === 'readings' && Object.values(frame.channels).some((c) => c.length !== frame.t.length)) return null;
  return frame;
}
