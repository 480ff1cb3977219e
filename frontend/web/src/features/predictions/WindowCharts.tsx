import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useApi } from '../../api/context';
import { type Prediction, readingsQuery } from '../../api/queries';
import { SeriesChart } from '../../components/charts/SeriesChart';
import { Empty, QueryView } from '../../components/states';
import type { ChannelShare } from '../../lib/explain';
import { formatSigned, formatUnit, humanChannel } from '../../lib/format';

interface WindowChartsProps {
  prediction: Prediction;
  /** Contributing ones first. */
  channels: string[];
  units: Map<string, string | null>;
  shares: ChannelShare[];
}

const shownAtFirst = 4;

/** The readings that were judged, with as much again before and half as much after. */
export function WindowCharts({ prediction, channels, units, shares }: WindowChartsProps) {
  const api = useApi();
  const [all, setAll] = useState(false);
  const start = prediction.window?.start ?? prediction.at - 60_000;
  const end = prediction.window?.end ?? prediction.at;
  const range = useMemo(() => {
    const length = Math.max(end - start, 1000);
    return { from: start - length, to: end + Math.round(length / 2), resolution: 'auto' };
  }, [start, end]);
  const readings = useQuery(readingsQuery(api, prediction.sensor_id, range));
  const contribution = new Map(shares.map((s) => [s.channel, s.contribution]));

  return (
    <QueryView query={readings} what="The window" rows={8}>
      {(series) => {
        const names = [...new Set([...channels, ...Object.keys(series.channels)])].filter((n) => n in series.channels);
        if (series.t.length === 0 || names.length === 0)
          return <Empty title="The readings of this window are not stored any more." />;
        const shown = all ? names : names.slice(0, shownAtFirst);
        return (
          <>
            {shown.map((name) => (
              <Box key={name} sx={{ mb: 1, minWidth: 0 }}>
                <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 1 }}>
                  <Typography variant="body2" component="h3" sx={{ fontWeight: 600 }}>
                    {humanChannel(name)}{' '}
                    <Typography variant="caption" component="span" color="textSecondary">
                      {formatUnit(units.get(name))}
                    </Typography>
                  </Typography>
                  {contribution.has(name) && (
                    <Typography variant="caption" component="span" color="textSecondary">
                      contributes {formatSigned(contribution.get(name))}
                    </Typography>
                  )}
                </Box>
                <SeriesChart
                  series={series}
                  channel={name}
                  height={130}
                  from={range.from}
                  to={range.to}
                  mark={{ start, end }}
                  label={`${humanChannel(name)} in the window, which is shaded, and around it`}
                />
              </Box>
            ))}
            {names.length > shownAtFirst && (
              <Button onClick={() => setAll(!all)} aria-expanded={all} sx={{ alignSelf: 'start' }}>
                {all ? 'Fewer channels' : `All ${names.length} channels`}
              </Button>
            )}
          </>
        );
      }}
    </QueryView>
  );
}
