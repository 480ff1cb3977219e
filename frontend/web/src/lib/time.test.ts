import { describe, expect, it } from 'vitest';
import { formatAge, formatDateTime, formatDuration, formatMoment, fromLocalInput, toLocalInput } from './time';

describe('formatDuration', () => {
  it.each([
    [-5, '<1 s'],
    [999, '<1 s'],
    [1_000, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [61_000, '1 min 1 s'],
    [600_000, '10 min'],
    [659_000, '10 min'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
    [86_400_000, '1 d'],
    [190_000_000, '2 d 4 h'],
  ])('%i ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('formatAge', () => {
  it.each([
    [null, 'never'],
    [undefined, 'never'],
    [100_000, 'now'],
    [99_500, 'now'],
    [90_000, '10 s ago'],
    [103_000, 'now'], // clocks differ a little
    [130_000, '30 s ahead'],
  ])('%s at 100 s is %s', (at, text) => expect(formatAge(at, 100_000)).toBe(text));
});

describe('local times', () => {
  const at = new Date(2026, 10, 24, 21, 4, 9).getTime();
  it('are year first, 24 hours', () => expect(formatDateTime(at)).toBe('2026-11-24 21:04:09'));
  it('have a dash where there is none', () => expect(formatDateTime(null)).toBe('–'));
  it('leave the date out today', () => {
    expect(formatMoment(at, at + 1000)).toBe('21:04:09');
    expect(formatMoment(at, at + 86_400_000)).toBe('2026-11-24 21:04:09');
  });
  it('survive the way through an input', () => expect(fromLocalInput(toLocalInput(at))).toBe(at));
  it.each(['', 'yesterday', '2026-99-99T00:00:00'])('%o is no time', (text) => expect(fromLocalInput(text)).toBeNull());
});
