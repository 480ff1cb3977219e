import type { Prediction } from '../api/queries';

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
  return result.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
}

/** The channel to look at first: what speaks most for the label, else vibration, else the first one. */
export function leadingChannel(names: string[], explanation?: Prediction['explanation']): string | undefined {
  const accused = byChannel(explanation).find((s) => s.contribution > 0 && names.includes(s.channel));
  return accused?.channel ?? names.find((n) => n.includes('vib')) ?? names[0];
}
