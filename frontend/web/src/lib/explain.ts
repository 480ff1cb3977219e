import type { Prediction } from '../api/queries';

/** The name under which the server gives the sum of all small contributions. */
export const restOfChannels = '(other)';

export interface ChannelShare {
  channel: string;
  /** Margin that the channel's features add to the label, summed; negative speaks against it. */
  contribution: number;
  /** Its features, strongest first. */
  stats: { stat: string; contribution: number }[];
}

/** Sums an explanation over the channels, strongest first: people look at a sensor, not at a statistic. */
export function byChannel(explanation: Prediction['explanation']): ChannelShare[] {
  const shares = new Map<string, ChannelShare>();
  for (const { channel, stat, contribution } of explanation ?? []) {
    const share = shares.get(channel) ?? { channel, contribution: 0, stats: [] };
    share.contribution += contribution;
    share.stats.push({ stat, contribution });
    shares.set(channel, share);
  }
  const result = [...shares.values()];
  for (const share of result) share.stats.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
  // what the server summed up because it is small stands last, whatever it adds up to
  const rest = (s: ChannelShare): number => (s.channel === restOfChannels ? 1 : 0);
  return result.sort((a, b) => rest(a) - rest(b) || Math.abs(b.contribution) - Math.abs(a.contribution));
}

/** The channel to look at first: what speaks most for the label, else vibration, else the first one. */
export function leadingChannel(names: string[], explanation?: Prediction['explanation']): string | undefined {
  const accused = byChannel(explanation).find((s) => s.contribution > 0 && names.includes(s.channel));
  return accused?.channel ?? names.find((n) => n.includes('vib')) ?? names[0];
}
