/** Wait before attempt n (from 1): doubles from 0.5 s to 20 s, with jitter, so that a plant's browsers don't return at once. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(20_000, 500 * 2 ** Math.min(attempt - 1, 10));
  return Math.round(full * (0.5 + random() / 2));
}
