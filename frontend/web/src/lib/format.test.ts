import { describe, expect, it } from 'vitest';
import { formatCount, formatNumber, formatPercent, formatSigned, formatValue, humanLabel } from './format';

/** No-break spaces as plain ones. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('numbers', () => {
  it.each([
    [null, '–'],
    [undefined, '–'],
    [Number.NaN, '–'],
    [0, '0.000'],
    [0.1234, '0.123'],
    [2.345, '2.35'],
    [-2.345, '-2.35'],
    [123.45, '123.5'],
    [1480.2, '1480'],
    [0.00001, '1.00e-5'],
    [12_345_678, '1.23e+7'],
  ])('%s reads %s', (n, text) => expect(formatNumber(n)).toBe(text));

  it('has its unit, but a dash has none', () => {
    expect(formatValue(61.5, 'degC')).toBe('61.50\u00a0°C');
    expect(formatValue(null, 'degC')).toBe('–');
    expect(formatValue(3, null)).toBe('3.00');
  });
  it('groups counts by spaces, not commas', () => expect(plain(formatCount(1_234_567))).toBe('1 234 567'));
  it('signs contributions', () => {
    expect(formatSigned(1.9)).toBe('+1.90');
    expect(formatSigned(-0.126)).toBe('−0.13');
  });
});

describe('formatPercent', () => {
  it.each([
    [0, '0.0 %'],
    [0.5, '50.0 %'],
    [1, '100.0 %'],
    [0.99995, '>99.9 %'], // never a certainty that is not there
    [0.00005, '<0.1 %'],
    [null, '–'],
  ])('%s is %s', (share, text) => expect(plain(formatPercent(share))).toBe(text));
});

it('labels are words', () => {
  expect(humanLabel('bearing_wear')).toBe('Bearing wear');
  expect(humanLabel(null)).toBe('–');
});
