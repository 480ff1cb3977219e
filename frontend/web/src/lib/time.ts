/* Times as people read them. Always local time, 24 hours, year first: nothing to mistake at night. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How long ago, or how long something takes: at most two units, and no false precision. */
export function formatDuration(ms: number): string {
  const abs = Math.max(0, ms);
  if (abs < second) return '<1 s';
  if (abs < minute) return `${Math.floor(abs / second)} s`;
  if (abs < 10 * minute) return two(abs, minute, 'min', second, 's');
  if (abs < hour) return `${Math.floor(abs / minute)} min`;
  if (abs < day) return two(abs, hour, 'h', minute, 'min');
  return two(abs, day, 'd', hour, 'h');
}

function two(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % big) / small);
  return rest === 0 ? `${Math.floor(ms / big)} ${bigName}` : `${Math.floor(ms / big)} ${bigName} ${rest} ${smallName}`;
}

/** Age of something that happened at `at`. A clock that runs ahead gives a time in the future: say so, don't say "now". */
export function formatAge(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return 'never';
  const age = now - at;
  if (age < -5 * second) return `${formatDuration(-age)} ahead`;
  return age < second ? 'now' : `${formatDuration(age)} ago`;
}

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

/** 21:04:09 */
export function formatClock(ms: number): string {
  const d = new Date(ms);
  return `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
}

/** 2026-11-24 21:04:09 */
export function formatDateTime(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  const d = new Date(ms);
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} ${formatClock(ms)}`;
}

/** The clock alone for today, else with its date. */
export function formatMoment(ms: number, now: number): string {
  return new Date(ms).toDateString() === new Date(now).toDateString() ? formatClock(ms) : formatDateTime(ms);
}

/** Value of an <input type="datetime-local"> in seconds, and back. An empty or impossible text is null. */
export function toLocalInput(ms: number | null): string {
  return ms === null ? '' : formatDateTime(ms).replace(' ', 'T');
}

export function fromLocalInput(text: string): number | null {
  if (text === '') return null;
  const ms = new Date(text).getTime();
  return Number.isFinite(ms) ? ms : null;
}
