import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { SensorState } from '../../api/queries';
import { LiveTrace } from '../../components/charts/LiveTrace';
import { Empty } from '../../components/states';
import { formatUnit, formatValue, humanChannel } from '../../lib/format';
import { useTraces } from '../../lib/live/context';
import { useTick } from '../../lib/now';

interface LiveChannelsProps {
  sensorId: string;
  channels: { name: string; unit?: string | null }[];
  state: SensorState | undefined;
}

function Newest({
  sensorId,
  name,
  unit,
  state,
}: {
  sensorId: string;
  name: string;
  unit?: string | null;
  state: SensorState | undefined;
}) {
  const traces = useTraces();
  useTick();
  return <>{formatValue(traces.get(sensorId)?.latest.get(name) ?? state?.latest?.values[name], unit ?? null)}</>;
}

/** Every channel's trace with its newest value. */
export function LiveChannels({ sensorId, channels, state }: LiveChannelsProps) {
  if (channels.length === 0) return <Empty title="This sensor has sent no channel yet." />;
  return (
    <Box
      component="ul"
      aria-label="Channels"
      sx={{
        listStyle: 'none',
        m: 0,
        p: 0,
        display: 'grid',
        columnGap: 2,
        rowGap: 1,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: 'repeat(auto-fill, minmax(330px, 1fr))' },
      }}
    >
      {channels.map(({ name, unit }) => (
        <Box component="li" key={name} sx={{ minWidth: 0 }}>
          <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 1 }}>
            <Typography variant="body2" component="h3" sx={{ fontWeight: 600 }}>
              {humanChannel(name)}
            </Typography>
            <Typography variant="body2" component="span" sx={{ fontWeight: 600 }}>
              <Newest sensorId={sensorId} name={name} unit={unit ?? null} state={state} />
            </Typography>
          </Box>
          <LiveTrace
            sensorId={sensorId}
            channel={name}
            seconds={120}
            height={112}
            label={`${humanChannel(name)}${unit ? ` in ${formatUnit(unit)}` : ''}, last 2 minutes`}
          />
        </Box>
      ))}
    </Box>
  );
}
