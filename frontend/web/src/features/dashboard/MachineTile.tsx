import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { memo } from 'react';
import { Link as RouterLink } from 'react-router';
import type { SensorState } from '../../api/queries';
import { Age } from '../../components/Age';
import { LiveTrace } from '../../components/charts/LiveTrace';
import { StateBadge } from '../../components/StateBadge';
import { formatPercent, formatValue, humanChannel, humanLabel } from '../../lib/format';
import { useTraces } from '../../lib/live/context';
import { useTick } from '../../lib/now';
import { stateText } from '../../lib/states';

const sparkSeconds = 120;
/** Sensors are told at least every 5 s while data comes. */
const oldAfterMs = 12_000;

interface MachineTileProps {
  sensor: SensorState;
  /** The channel whose trace is shown. */
  channel: string | undefined;
}

function NewestValue({ sensor, channel }: { sensor: SensorState; channel: string }) {
  const traces = useTraces();
  useTick(); // once a second: digits that change faster cannot be read
  const value = traces.get(sensor.sensor_id)?.latest.get(channel) ?? sensor.latest?.values[channel];
  const unit = sensor.channels?.find((c) => c.name === channel)?.unit;
  return <>{formatValue(value, unit)}</>;
}

function TileAge({ sensor }: { sensor: SensorState }) {
  const traces = useTraces();
  useTick();
  const at = Math.max(traces.get(sensor.sensor_id)?.latestAt ?? 0, sensor.last_seen ?? 0);
  return <Age at={at === 0 ? null : at} staleAfterMs={oldAfterMs} />;
}

/** One machine: its state, what the model says, one trace, and how old all that is. */
export const MachineTile = memo(function MachineTile({ sensor, channel }: MachineTileProps) {
  const name = sensor.name ?? sensor.sensor_id;
  const judged = sensor.label && sensor.state !== 'normal' && sensor.state !== 'warming_up';
  return (
    <Box
      component="li"
      data-sensor={sensor.sensor_id}
      data-state={sensor.state}
      sx={(theme) => {
        const colours = theme.palette.aas.states[sensor.state];
        return {
          position: 'relative',
          minWidth: 0,
          borderRadius: 0.5,
          border: `1px ${sensor.state === 'no_data' ? 'dashed' : 'solid'} ${colours.edge}`,
          borderLeft: `4px ${sensor.state === 'no_data' ? 'dashed' : 'solid'} ${colours.edge}`,
          backgroundColor: colours.tint,
          px: 1,
          pt: 0.75,
          pb: 0.5,
          '@media (hover: hover)': { '&:hover': { borderColor: theme.palette.primary.main } },
          '&:has(a:focus-visible)': { outline: `2px solid ${theme.palette.primary.main}` },
        };
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 1 }}>
        <Link
          component={RouterLink}
          to={`/sensors/${encodeURIComponent(sensor.sensor_id)}`}
          underline="none"
          color="textPrimary"
          aria-label={`${name}: ${stateText[sensor.state].name}`}
          sx={(theme) => ({
            ...theme.typography.h3,
            minWidth: 0,
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
            // the whole tile is the link
            '&::after': { content: '""', position: 'absolute', inset: 0 },
            '&:focus-visible': { outline: 'none' },
          })}
        >
          {name}
        </Link>
        <StateBadge state={sensor.state} />
      </Box>
      <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 1 }}>
        <Typography
          variant="body2"
          component="span"
          noWrap
          sx={(theme) => ({
            minWidth: 0,
            fontWeight: judged ? 600 : 400,
            color: judged ? theme.palette.aas.states[sensor.state].text : theme.palette.text.secondary,
          })}
        >
          {judged
            ? `${humanLabel(sensor.label)} ${formatPercent(sensor.confidence)}`
            : sensor.type
              ? humanLabel(sensor.type)
              : sensor.name
                ? sensor.sensor_id
                : ''}
        </Typography>
        <Typography variant="caption" component="span" color="textSecondary">
          <TileAge sensor={sensor} />
        </Typography>
      </Box>
      {channel ? (
        <>
          <LiveTrace
            spark
            sensorId={sensor.sensor_id}
            channel={channel}
            seconds={sparkSeconds}
            height={44}
            label={`${humanChannel(channel)}, last 2 minutes`}
          />
          <Typography variant="caption" component="div" color="textSecondary" noWrap>
            {humanChannel(channel)}{' '}
            <Box component="b" sx={{ color: 'text.primary' }}>
              <NewestValue sensor={sensor} channel={channel} />
            </Box>
          </Typography>
        </>
      ) : (
        <Typography variant="caption" component="div" color="textSecondary" sx={{ height: 62, pt: 2 }}>
          No channel seen yet
        </Typography>
      )}
    </Box>
  );
});
