import type { Alarm } from '../api/queries';

/** States of ISA-18.2 as people say them. */
export const alarmStates: Record<Alarm['state'], string> = {
  unacked: 'Active, not acknowledged',
  acked: 'Active, acknowledged',
  rtn_unacked: 'Returned, not acknowledged',
  normal: 'Over',
  shelved: 'Shelved',
  shelved_active: 'Shelved, still active',
  suppressed: 'Suppressed',
  suppressed_active: 'Suppressed, still active',
  out_of_service: 'Out of service',
  out_of_service_active: 'Out of service, still active',
};

/** Waits for somebody to take note of it. */
export function isUnacknowledged(alarm: Alarm): boolean {
  return alarm.state === 'unacked' || alarm.state === 'rtn_unacked';
}

export function isShelved(alarm: Alarm): boolean {
  return alarm.state === 'shelved' || alarm.state === 'shelved_active';
}

const priorities = ['critical', 'high', 'medium', 'low'];

function priority(alarm: Alarm): number {
  const at = priorities.indexOf(alarm.priority ?? '');
  return at < 0 ? priorities.length : at;
}

/** What waits for an acknowledgement first, then by priority, then newest. The live stream's word overrules the list's. */
export function arrangeAlarms(listed: Alarm[], live: Record<string, Alarm>, openOnly = false): Alarm[] {
  const all = new Map(listed.map((a) => [a.id, a]));
  for (const alarm of Object.values(live)) all.set(alarm.id, { ...all.get(alarm.id), ...alarm });
  const waits = (a: Alarm): number => (isUnacknowledged(a) ? 0 : 1);
  return [...all.values()]
    .filter((a) => !openOnly || a.state !== 'normal')
    .sort((a, b) => waits(a) - waits(b) || priority(a) - priority(b) || b.raised - a.raised);
}
