import type { Alarm } from '../../api/planned';

/** Waits for somebody to take note of it. */
export function isUnacknowledged(alarm: Alarm): boolean {
  return alarm.acked == null && alarm.cleared == null;
}

/** What waits for an acknowledgement first, then by priority, then newest. The live stream's word overrules the list's. */
export function arrangeAlarms(listed: Alarm[], live: Record<string, Alarm>): Alarm[] {
  const all = new Map(listed.map((a) => [a.id, a]));
  for (const alarm of Object.values(live)) all.set(alarm.id, { ...all.get(alarm.id), ...alarm });
  const rank = (a: Alarm): number => (isUnacknowledged(a) ? 0 : 1);
  const priority = (a: Alarm): number => {
    const names: Record<string, number> = { critical: 0, high: 1, medium: 2, low: 3 };
    return typeof a.priority === 'number' ? a.priority : (names[a.priority ?? ''] ?? 4);
  };
  return [...all.values()].sort((a, b) => rank(a) - rank(b) || priority(a) - priority(b) || b.raised - a.raised);
}
