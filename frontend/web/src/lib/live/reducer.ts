/* What the dashboard knows from the live stream, as a pure function of what happened. Readings are not in here: they feed the
 * charts (traces.ts), as ten frames a second and sensor would make React the bottleneck. */
import type { Alarm, SensorState } from '../../api/queries';
import type { Frame } from './frames';
import { addAllToRuns, addToRuns, type Run } from './runs';

export type Phase =
  | 'idle' // nobody is signed in
  | 'connecting' // first connection
  | 'live'
  | 'recovering' // connected, a snapshot is asked for as frames were missed
  | 'disconnected'; // waiting to connect again

export interface LiveState {
  phase: Phase;
  /** When the phase began, by this machine's clock. */
  since: number;
  /** Attempts without success since the connection went. */
  attempt: number;
  retryAt: number | null;
  /** backend-api's own connection to mqtt-ingestion; null until it said so. */
  feed: { connected: boolean; since: number | null } | null;
  epoch: string | number | null;
  seq: number | null;
  /** A snapshot should be asked for; cleared when it came. */
  wantsSnapshot: boolean;
  /** Server's clock minus this machine's. */
  clockOffsetMs: number;
  lastFrameAt: number | null;
  lostFrames: number;
  badFrames: number;
  /** A snapshot has come since the page was opened. */
  ready: boolean;
  sensors: Record<string, SensorState>;
  /** The latest change first. */
  runs: Run[];
  alarms: Record<string, Alarm>;
}

export type LiveEvent =
  | { type: 'start' }
  | { type: 'stop' }
  | { type: 'closed'; retryAt: number }
  | { type: 'bad-frame' }
  | { type: 'frame'; frame: Frame; filtered: boolean };

export const initialLive: LiveState = {
  phase: 'idle',
  since: 0,
  attempt: 0,
  retryAt: null,
  feed: null,
  epoch: null,
  seq: null,
  wantsSnapshot: false,
  clockOffsetMs: 0,
  lastFrameAt: null,
  lostFrames: 0,
  badFrames: 0,
  ready: false,
  sensors: {},
  runs: [],
  alarms: {},
};

/** The state after an event at `now` (this machine's clock). */
export function reduceLive(state: LiveState, event: LiveEvent, now: number): LiveState {
  switch (event.type) {
    case 'start':
      return { ...initialLive, phase: 'connecting', since: now };
    case 'stop':
      return initialLive;
    case 'closed':
      return {
        ...state,
        phase: 'disconnected',
        since: state.phase === 'disconnected' ? state.since : now,
        attempt: state.attempt + 1,
        retryAt: event.retryAt,
        wantsSnapshot: false,
      };
    case 'bad-frame':
      return { ...state, badFrames: state.badFrames + 1, lastFrameAt: now };
    case 'frame':
      return onFrame(state, event.frame, event.filtered, now);
  }
}

function onFrame(before: LiveState, frame: Frame, filtered: boolean, now: number): LiveState {
  // With a filter the frames of other kinds leave gaps that are none: then only `lost` tells.
  const gap =
    !filtered &&
    before.seq !== null &&
    frame.type !== 'hello' &&
    frame.type !== 'snapshot' &&
    frame.seq > before.seq + 1;
  let state: LiveState = { ...before, lastFrameAt: now, seq: frame.seq };
  if (gap && frame.type !== 'lost') state = missed(state, now);

  switch (frame.type) {
    case 'hello':
      return {
        ...state,
        epoch: frame.epoch,
        clockOffsetMs: frame.server_time - now,
        retryAt: null,
        // what is shown stays, marked as old, until the snapshot behind this frame replaces it
        phase: state.phase === 'connecting' ? 'connecting' : 'recovering',
        since: state.phase === 'connecting' ? state.since : now,
      };
    case 'snapshot':
      return {
        ...state,
        phase: 'live',
        since: before.phase === 'live' ? before.since : now,
        attempt: 0,
        wantsSnapshot: false,
        ready: true,
        sensors: Object.fromEntries(frame.sensors.map((s) => [s.sensor_id, s])),
        runs: addAllToRuns(state.runs, frame.predictions),
        alarms: Object.fromEntries((frame.alarms ?? []).map((a) => [a.id, a])),
      };
    case 'sensor':
      return { ...state, sensors: { ...state.sensors, [frame.sensor.sensor_id]: frame.sensor } };
    case 'prediction':
      return { ...state, runs: addToRuns(state.runs, frame.prediction) };
    case 'lost':
      return missed({ ...state, lostFrames: state.lostFrames + frame.count }, now);
    case 'feed':
      return { ...state, feed: { connected: frame.connected, since: frame.since ?? null } };
    case 'alarm':
      return { ...state, alarms: { ...state.alarms, [frame.alarm.id]: frame.alarm } };
    case 'readings':
      return state;
  }
}

function missed(state: LiveState, now: number): LiveState {
  return {
    ...state,
    wantsSnapshot: true,
    phase: state.phase === 'live' ? 'recovering' : state.phase,
    since: state.phase === 'live' ? now : state.since,
  };
}
