import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import type { ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import type { Prediction } from '../api/queries';
import { formatPercent, humanLabel } from '../lib/format';
import { formatClock } from '../lib/time';
import { StateBadge } from './StateBadge';

interface PredictionLineProps {
  prediction: Prediction;
  /** The sensor's name, where the list is of several. */
  name?: string;
  /** At the end of the line. */
  children: ReactNode;
}

/** One prediction in a line, which leads to its page. */
export function PredictionLine({ prediction: p, name, children }: PredictionLineProps) {
  // "Normal Normal" would say it twice
  const label = p.label === null || p.label === p.state ? '' : humanLabel(p.label);
  return (
    <Box component="li" sx={{ borderTop: 1, borderColor: 'divider', '&:first-of-type': { borderTop: 0 } }}>
      <Link
        component={RouterLink}
        to={`/predictions/${encodeURIComponent(p.id)}`}
        color="inherit"
        underline="none"
        sx={(theme) => ({
          ...theme.typography.body2,
          display: 'grid',
          gridTemplateColumns: '6.1rem minmax(0, 1fr) auto auto',
          columnGap: 1,
          px: 1.5,
          py: 0.5,
          alignItems: 'center',
          '&:hover': { backgroundColor: theme.palette.action.hover },
          '&:focus-visible': { outlineOffset: -2 },
        })}
      >
        <StateBadge state={p.state} filled={false} />
        <Box component="span" sx={{ minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
          {name && <b>{name} </b>}
          {label}
        </Box>
        <Box component="span" sx={{ color: 'text.secondary' }}>
          {formatPercent(p.confidence)}
        </Box>
        <Box component="span" sx={{ color: 'text.secondary', textAlign: 'right' }}>
          {children}
        </Box>
      </Link>
    </Box>
  );
}

/** A list of such lines. */
export function Lines({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box component="ol" aria-label={label} sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {children}
    </Box>
  );
}

/** Predictions of one sensor, by the clock. */
export function PredictionList({ predictions, label }: { predictions: Prediction[]; label: string }) {
  return (
    <Lines label={label}>
      {predictions.map((p) => (
        <PredictionLine key={p.id} prediction={p}>
          {formatClock(p.at)}
        </PredictionLine>
      ))}
    </Lines>
  );
}
