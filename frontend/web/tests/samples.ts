import type { Prediction, Sensor, SensorState } from '../src/api/queries';
import type { SessionAnswer } from '../src/api/session';

export const session: SessionAnswer = {
  access_token: 'token-1',
  token_type: 'Bearer',
  expires_in: 900,
  user: { username: 'admin', role: 'admin', must_change: false },
};

export function sensorState(id: string, more: Partial<SensorState> = {}): SensorState {
  return {
    sensor_id: id,
    name: null,
    type: 'pump',
    status: 'active',
    state: 'normal',
    label: 'normal',
    confidence: 0.99,
    prediction_id: null,
    last_seen: 1_000,
    rate_hz: 10,
    channels: [{ name: 'vibration_x', unit: 'mm/s' }],
    latest: { t: 1_000, values: { vibration_x: 2.5 } },
    coverage: 1,
    ...more,
  };
}

export function sensor(id: string, more: Partial<Sensor> = {}): Sensor {
  return { id, name: null, type: 'pump', status: 'active', channels: [{ name: 'vibration_x' }], live: null, ...more };
}

export function prediction(id: string, more: Partial<Prediction> = {}): Prediction {
  return {
    id,
    sensor_id: 'pump-1',
    at: 60_000,
    window: { start: 1_000, end: 60_000, n: 60, coverage: 1 },
    state: 'fault',
    label: 'bearing_wear',
    confidence: 0.93,
    probabilities: { bearing_wear: 0.93, normal: 0.07 },
    is_anomaly: true,
    model: 'v1',
    explanation: [{ channel: 'vibration_x', stat: 'rms', contribution: 1.5 }],
    ...more,
  };
}

export const problem = (status: number, code: string, more: object = {}) => ({
  type: 'about:blank',
  title: code,
  status,
  code,
  detail: `it is ${code}`,
  request_id: 'REQ1',
  ...more,
});
