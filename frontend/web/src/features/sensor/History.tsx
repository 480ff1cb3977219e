import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useApi } from '../../api/context';
import { readingsQuery } from '../../api/queries';
import { Age } from '../../components/Age';
import { SeriesChart } from '../../components/charts/SeriesChart';
import { Panel } from '../../components/Panel';
import { Empty, QueryView } from '../../components/states';
import { formatUnit, humanChannel } from '../../lib/format';

const ranges = { '15m': 900_000, '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000 };
type Range = keyof typeof ranges;

interface HistoryProps {
  sensorId: string;
  channels: { name: string; unit?: string | null }[];
}

/** Stored readings of the last hours, thinned by the server to minimum, maximum and mean. */
export function History({ sensorId, channels }: HistoryProps) {
  const api = useApi();
  const [range, setRange] = useState<Range>('15m');
  const [to, setTo] = useState(() => Date.now());
  const query = useMemo(() => ({ from: to - ranges[range], to }), [to, range]);
  const readings = useQuery(readingsQuery(api, sensorId, query));

  return (
    <Panel
      title="History"
      aside={
        <Box sx={{ display: 'flex', gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
          <Typography variant="caption" color="textSecondary">
            <Age at={to} prefix="read" />
          </Typography>
          <Button onClick={() => setTo(Date.now())}>Read again</Button>
          <ToggleButtonGroup
            size="small"
            exclusive
            aria-label="Range"
            value={range}
            onChange={(_event, value: Range | null) => {
              if (!value) return;
              setRange(value);
              setTo(Date.now());
            }}
          >
            {(Object.keys(ranges) as Range[]).map((each) => (
              <ToggleButton key={each} value={each} sx={{ py: 0.25, px: 1 }}>
                {each}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
        </Box>
      }
    >
      <QueryView query={readings} what="The history">
        {(series) =>
          series.t.length === 0 ? (
            <Empty title="No readings are stored for this range." />
          ) : (
            <Box
              sx={{
                display: 'grid',
                columnGap: 2,
                rowGap: 1,
                gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: 'repeat(auto-fill, minmax(330px, 1fr))' },
              }}
            >
              {channels
                .filter(({ name }) => name in series.channels)
                .map(({ name, unit }) => (
                  <Box key={name} sx={{ minWidth: 0 }}>
                    <Typography variant="body2" component="h3" sx={{ fontWeight: 600 }}>
                      {humanChannel(name)}{' '}
                      <Typography variant="caption" component="span" color="textSecondary">
                        {formatUnit(unit)}
                      </Typography>
                    </Typography>
                    <SeriesChart
                      series={series}
                      channel={name}
                      height={112}
                      from={query.from}
                      to={query.to}
                      label={`${humanChannel(name)}, stored readings of the last ${range}`}
                    />
                  </Box>
                ))}
            </Box>
          )
        }
      </QueryView>
    </Panel>
  );
}
