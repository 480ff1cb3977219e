import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link as RouterLink, useParams } from 'react-router';
import { useApi } from '../../api/context';
import { ApiError } from '../../api/problem';
import { recentPredictionsQuery, type Sensor, sensorQuery, type SensorState } from '../../api/queries';
import { Age } from '../../components/Age';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import { PredictionList } from '../../components/PredictionList';
import { StateBadge } from '../../components/StateBadge';
import { Empty, Failure, Loading, QueryView } from '../../components/states';
import { formatPercent, formatValue, humanLabel } from '../../lib/format';
import { useLive, useReadings, useTraces } from '../../lib/live/context';
import { stateText } from '../../lib/states';
import { useTick } from '../../lib/now';
import { History } from './History';
import { LiveChannels } from './LiveChannels';

export default function SensorPage() {
  const { id = '' } = useParams();
  const api = useApi();
  const sensor = useQuery(sensorQuery(api, id));
  const live = useLive((state) => state.sensors[id]);
  const state = live ?? sensor.data?.live ?? undefined;
  const traces = useTraces();
  useReadings();
  useEffect(() => traces.watch(id), [traces, id]);

  if (sensor.error instanceof ApiError && sensor.error.status === 404 && !live) {
    return (
      <>
        <PageHeader title="No such sensor" />
        <Empty title={`No sensor is called ${id}.`} action={<RouterLink to="/">To the dashboard</RouterLink>} />
      </>
    );
  }
  const channels = channelsOf(sensor.data, state);
  return (
    <>
      <PageHeader title={sensor.data?.name ?? live?.name ?? id}>
        {state && <StateBadge state={state.state} filled={state.state !== 'normal'} />}
        <LastSeen id={id} fallback={state?.last_seen ?? sensor.data?.last_seen ?? null} />
      </PageHeader>
      {sensor.isError && <Failure what="The sensor" error={sensor.error} retry={() => void sensor.refetch()} />}
      {sensor.isPending && !live && <Loading what="the sensor" />}
      {state && <Judgement state={state} />}
      <Facts sensor={sensor.data} state={state} id={id} />
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          mt: 1.5,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) 360px' },
          alignItems: 'start',
        }}
      >
        <Box sx={{ display: 'grid', gap: 2, minWidth: 0 }}>
          <Panel title="Live, last 2 minutes">
            <LiveChannels sensorId={id} channels={channels} state={state} />
          </Panel>
          <History sensorId={id} channels={channels} />
        </Box>
        <Recent sensorId={id} newest={live?.prediction_id ?? null} />
      </Box>
    </>
  );
}

function channelsOf(
  sensor: Sensor | undefined,
  state: SensorState | undefined,
): { name: string; unit?: string | null }[] {
  if (sensor && sensor.channels.length > 0) return sensor.channels;
  return state?.channels ?? [];
}

function LastSeen({ id, fallback }: { id: string; fallback: number | null }) {
  const traces = useTraces();
  useTick();
  const at = Math.max(traces.get(id)?.latestAt ?? 0, fallback ?? 0);
  return (
    <Typography variant="body2" component="span" color="textSecondary">
      <Age at={at === 0 ? null : at} prefix="Newest reading" staleAfterMs={12_000} />
    </Typography>
  );
}

function Judgement({ state }: { state: SensorState }) {
  if (state.state === 'normal') return null;
  const severity = state.state === 'fault' ? 'error' : state.state === 'warming_up' ? 'info' : 'warning';
  return (
    <Alert severity={severity} icon={false} sx={{ mb: 1 }}>
      {stateText[state.state].meaning}{' '}
      {state.label && state.state !== 'warming_up' && (
        <>
          Most likely <b>{humanLabel(state.label)}</b> ({formatPercent(state.confidence)}).{' '}
        </>
      )}
      {state.state === 'blind' && state.coverage != null && (
        <>The model has {formatPercent(state.coverage)} of the readings it needs. </>
      )}
      {state.prediction_id && state.state !== 'no_data' && (
        <Link component={RouterLink} to={`/predictions/${encodeURIComponent(state.prediction_id)}`} color="inherit">
          Why
        </Link>
      )}
    </Alert>
  );
}

function Facts({ sensor, state, id }: { sensor: Sensor | undefined; state: SensorState | undefined; id: string }) {
  const { site, line, machine } = sensor?.asset ?? {};
  const place = [site, line, machine].filter(Boolean).join(' / ');
  const facts: [string, string][] = [
    ['Id', id],
    ['Type', humanLabel(sensor?.type ?? state?.type)],
    ['Place', place || '–'],
    ['Status', humanLabel(sensor?.status ?? state?.status)],
    ['Rate', formatValue(state?.rate_hz, 'Hz')],
    ['Coverage', formatPercent(state?.coverage)],
  ];
  return (
    <Box component="dl" sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 3, rowGap: 0.5, m: 0 }}>
      {facts.map(([name, value]) => (
        <Box key={name}>
          <Typography component="dt" variant="caption" color="textSecondary">
            {name}
          </Typography>
          <Typography component="dd" variant="body2" sx={{ m: 0, overflowWrap: 'anywhere' }}>
            {value}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}

function Recent({ sensorId, newest }: { sensorId: string; newest: string | null }) {
  const api = useApi();
  const queries = useQueryClient();
  const recent = useQuery(recentPredictionsQuery(api, sensorId));
  const shown = recent.data?.items[0]?.id;
  useEffect(() => {
    // the live stream knows of a newer one
    if (newest && shown && newest !== shown)
      void queries.invalidateQueries({ queryKey: ['predictions', 'recent', sensorId] });
  }, [queries, newest, shown, sensorId]);
  return (
    <Panel
      title="Recent predictions"
      padded={false}
      aside={<RouterLink to={`/predictions?sensor_id=${encodeURIComponent(sensorId)}`}>All</RouterLink>}
    >
      <QueryView query={recent} what="Predictions">
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="No prediction yet." />
          ) : (
            <PredictionList label="Recent predictions" predictions={page.items} />
          )
        }
      </QueryView>
    </Panel>
  );
}
