import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import { Link as RouterLink } from 'react-router';
import type { Prediction } from '../api/queries';
import { formatPercent, humanLabel } from '../lib/format';
import { formatClock } from '../lib/time';
import { Age } from './Age';
import { StateBadge } from './StateBadge';

interface PredictionListProps {
  predictions: Prediction[];
  label: string;
  /** Left out where the page is one sensor's. */
  showSensor?: boolean;
  nameOf?: (sensorId: string) => string;
}

/** Predictions in few lines, each a link to its own page. */
export function PredictionList({ predictions, label, showSensor = true, nameOf = (id) => id }: PredictionListProps) {
  return (
    <Box component="ol" aria-label={label} sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {predictions.map((p) => (
        <Box
          component="li"
          key={p.id}
          sx={{ borderTop: 1, borderColor: 'divider', '&:first-of-type': { borderTop: 0 } }}
        >
          <Link
            component={RouterLink}
            to={`/predictions/${encodeURIComponent(p.id)}`}
            color="inherit"
            underline="none"
            sx={(theme) => ({
              ...theme.typography.body2,
              display: 'grid',
              gridTemplateColumns: '6.5rem minmax(0, 1fr) auto',
              columnGap: 1,
              px: 1.5,
              py: 0.5,
              alignItems: 'center',
              '&:hover': { backgroundColor: theme.palette.action.hover },
            })}
          >
            <StateBadge state={p.state} filled={false} />
            <Box
              component="span"
              sx={{ minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}
            >
              {showSensor && <b>{nameOf(p.sensor_id)} </b>}
              {humanLabel(p.label)}{' '}
              <Box component="span" sx={{ color: 'text.secondary' }}>
                {formatPercent(p.confidence)}
              </Box>
            </Box>
            <Box component="span" sx={{ color: 'text.secondary', textAlign: 'right' }}>
              {showSensor ? <Age at={p.at} /> : formatClock(p.at)}
            </Box>
          </Link>
        </Box>
      ))}
    </Box>
  );
}
