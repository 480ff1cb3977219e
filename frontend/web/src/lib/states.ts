import type { SensorState } from '../api/queries';

export type MachineState = SensorState['state'];

/** Worst first: what needs a person stands on top. */
export const machineStates = [
  'fault',
  'unknown',
  'blind',
  'no_data',
  'warming_up',
  'normal',
] as const satisfies MachineState[];

export const stateText: Record<MachineState, { name: string; meaning: string }> = {
  fault: { name: 'Fault', meaning: 'The model recognises a fault.' },
  unknown: { name: 'Unknown', meaning: 'Not normal, and none of the faults that the model knows.' },
  blind: { name: 'Blind', meaning: 'Readings come, but nobody judges them.' },
  no_data: { name: 'No data', meaning: 'No readings come.' },
  warming_up: { name: 'Warming up', meaning: 'Not enough readings for a first judgement.' },
  normal: { name: 'Normal', meaning: 'Judged normal.' },
};

export function isMachineState(text: string | null | undefined): text is MachineState {
  return typeof text === 'string' && text in stateText;
}

export type SortOrder = 'worst' | 'name' | 'machine' | 'age';
export const sortOrders: Record<SortOrder, string> = {
  worst: 'Worst first',
  name: 'Name',
  machine: 'Type',
  age: 'Oldest data first',
};

const rank = new Map<string, number>(machineStates.map((state, i) => [state, i]));

const nameOf = (s: SensorState): string => s.name ?? s.sensor_id;
const byName = (a: SensorState, b: SensorState): number => nameOf(a).localeCompare(nameOf(b), 'en', { numeric: true });

const orders: Record<SortOrder, (a: SensorState, b: SensorState) => number> = {
  worst: (a, b) => (rank.get(a.state) ?? 9) - (rank.get(b.state) ?? 9) || byName(a, b),
  name: byName,
  machine: (a, b) => (a.type ?? '').localeCompare(b.type ?? '') || byName(a, b),
  age: (a, b) => (a.last_seen ?? 0) - (b.last_seen ?? 0) || byName(a, b),
};

export interface SensorFilter {
  states: ReadonlySet<MachineState>;
  text: string;
  sort: SortOrder;
}

/** Sensors as the overview shows them. No state chosen means all. */
export function arrangeSensors(sensors: SensorState[], filter: SensorFilter): SensorState[] {
  const wanted = filter.text.trim().toLowerCase();
  return sensors
    .filter((s) => filter.states.size === 0 || filter.states.has(s.state))
    .filter(
      (s) =>
        wanted === '' ||
        [s.sensor_id, s.name, s.type, s.label].some((field) => field?.toLowerCase().includes(wanted) ?? false),
    )
    .sort(orders[filter.sort]);
}

export function countStates(sensors: SensorState[]): Record<MachineState, number> {
  const counts: Record<MachineState, number> = { fault: 0, unknown: 0, blind: 0, no_data: 0, warming_up: 0, normal: 0 };
  for (const s of sensors) counts[s.state] += 1;
  return counts;
}
