import { describe, expect, it } from 'vitest';
import { byChannel, leadingChannel } from './explain';

const explanation = [
  { channel: 'temp', stat: 'mean', contribution: 1 },
  { channel: 'vib_x', stat: 'rms', contribution: 0.9 },
  { channel: 'vib_x', stat: 'max', contribution: 0.8 },
  { channel: 'speed', stat: 'mean', contribution: -3 },
];

describe('byChannel', () => {
  it('sums statistics over their channel, strongest first, either way', () =>
    expect(byChannel(explanation).map((s) => [s.channel, s.contribution])).toEqual([
      ['speed', -3],
      ['vib_x', 1.7000000000000002],
      ['temp', 1],
    ]));
  it('puts the sum of the small ones last', () =>
    expect(byChannel([{ channel: '(other)', stat: '(other)', contribution: 9 }, ...explanation]).at(-1)?.channel).toBe(
      '(other)',
    ));
  it('has none without an explanation', () => expect(byChannel(null)).toEqual([]));
});

describe('leadingChannel', () => {
  it('is what speaks most for the label', () =>
    expect(leadingChannel(['temp', 'vib_x', 'speed'], explanation)).toBe('vib_x'));
  it('is vibration where nothing is explained', () =>
    expect(leadingChannel(['temp', 'vibration_y'])).toBe('vibration_y'));
  it('is the first where there is no vibration', () => expect(leadingChannel(['flow', 'temp'], null)).toBe('flow'));
  it('is a channel that the sensor has', () => expect(leadingChannel(['temp'], explanation)).toBe('temp'));
});
