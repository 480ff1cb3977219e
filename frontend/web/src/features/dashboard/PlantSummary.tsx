import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import type { Dashboard } from '../../api/queries';
import { Age } from '../../components/Age';
import { formatCount, formatPercent } from '../../lib/format';
import { formatDuration } from '../../lib/time';

function Figure({ name, value, note }: { name: string; value: ReactNode; note?: ReactNode }) {
  return (
    <Box sx={{ minWidth: 0 }}>
      <Typography component="dt" variant="caption" color="textSecondary">
        {name}
      </Typography>
      <Typography component="dd" variant="body1" sx={{ m: 0, fontWeight: 600 }}>
        {value}
        {note && (
          <Typography component="span" variant="caption" color="textSecondary" sx={{ ml: 0.75 }}>
            {note}
          </Typography>
        )}
      </Typography>
    </Box>
  );
}

/** The plant in a line: how much is judged anomalous, how much was judged, how fresh. */
export function PlantSummary({ dashboard, newest }: { dashboard: Dashboard; newest: number | null }) {
  const { anomaly_rate: rate, sensors } = dashboard;
  const down = (dashboard.services ?? []).filter((s) => !s.ok);
  return (
    <Box
      component="dl"
      aria-label="Plant summary"
      sx={{ display: 'flex', flexWrap: 'wrap', columnGap: { xs: 2, sm: 4 }, rowGap: 0.5, m: 0, mb: 1.5 }}
    >
      <Figure name="Machines" value={formatCount(sensors.total)} />
      <Figure
        name="Anomaly rate"
        value={rate.predictions === 0 ? '–' : formatPercent(rate.rate)}
        note={`last ${formatDuration(rate.window_ms)}`}
      />
      <Figure
        name="Anomalies"
        value={formatCount(rate.anomalies)}
        note={`of ${formatCount(rate.predictions)} predictions`}
      />
      <Figure name="Newest reading" value={<Age at={newest ?? dashboard.last_seen} staleAfterMs={12_000} />} />
      <Figure
        name="Services"
        value={down.length === 0 ? 'all answer' : `${down.map((s) => s.name).join(', ')} not answering`}
      />
    </Box>
  );
}
