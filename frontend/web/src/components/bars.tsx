/* Horizontal bars with their numbers: probabilities and contributions. Lists for a screen reader, bars for the eye. */
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { formatPercent, formatSigned, humanChannel, humanLabel } from '../lib/format';
import { type ChannelShare, restOfChannels } from '../lib/explain';

export function ProbabilityBars({
  probabilities,
  label,
}: {
  probabilities: [string, number | null][];
  label: string | null;
}) {
  return (
    <Box component="ul" aria-label="Probabilities" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {probabilities.map(([name, p]) => (
        <Box
          component="li"
          key={name}
          sx={{ display: 'grid', gridTemplateColumns: '8.5rem 1fr 4rem', gap: 1, alignItems: 'center', py: 0.25 }}
        >
          <Typography variant="body2" sx={{ fontWeight: name === label ? 700 : 400 }}>
            {humanLabel(name)}
          </Typography>
          <Box sx={(theme) => ({ height: 8, backgroundColor: theme.palette.aas.chart.grid, borderRadius: 0.5 })}>
            <Box
              sx={(theme) => ({
                height: 8,
                borderRadius: 0.5,
                width: `${(p ?? 0) * 100}%`,
                backgroundColor: name === label ? theme.palette.primary.main : theme.palette.aas.chart.axis,
              })}
            />
          </Box>
          <Typography variant="body2" sx={{ textAlign: 'right' }}>
            {formatPercent(p)}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}

/** Channels by what they add to the label: to the right speaks for it, to the left against it. */
export function ContributionBars({ shares, max = 8 }: { shares: ChannelShare[]; max?: number }) {
  const shown = shares.slice(0, max);
  const scale = Math.max(...shown.map((s) => Math.abs(s.contribution)), 1e-9);
  return (
    <Box component="ul" aria-label="Contributing channels" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {shown.map((s) => (
        <Box component="li" key={s.channel} sx={{ py: 0.5 }}>
          <Box sx={{ display: 'grid', gridTemplateColumns: '8.5rem 1fr 4rem', gap: 1, alignItems: 'center' }}>
            <Typography variant="body2" sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>
              {s.channel === restOfChannels ? 'all others' : humanChannel(s.channel)}
            </Typography>
            <Box sx={(theme) => ({ position: 'relative', height: 12, backgroundColor: theme.palette.aas.chart.grid })}>
              <Box
                sx={(theme) => ({
                  position: 'absolute',
                  top: 0,
                  bottom: 0,
                  left: s.contribution < 0 ? `${50 - (50 * -s.contribution) / scale}%` : '50%',
                  width: `${(50 * Math.abs(s.contribution)) / scale}%`,
                  backgroundColor:
                    s.contribution < 0
                      ? theme.palette.aas.contribution.against
                      : theme.palette.aas.contribution.towards,
                })}
              />
              <Box
                sx={(theme) => ({
                  position: 'absolute',
                  top: -2,
                  bottom: -2,
                  left: '50%',
                  borderLeft: `1px solid ${theme.palette.aas.chart.axis}`,
                })}
              />
            </Box>
            <Typography variant="body2" sx={{ textAlign: 'right' }}>
              {formatSigned(s.contribution)}
            </Typography>
          </Box>
          <Typography variant="caption" color="textSecondary" component="div">
            {(s.channel === restOfChannels ? [] : s.stats)
              .slice(0, 3)
              .map((x) => `${x.stat.replaceAll('_', ' ')} ${formatSigned(x.contribution)}`)
              .join(' · ')}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}
