import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link as RouterLink, useParams } from 'react-router';
import { useApi } from '../../api/context';
import { ApiError } from '../../api/problem';
import { type Prediction, predictionQuery, sensorQuery } from '../../api/queries';
import { Age } from '../../components/Age';
import { ContributionBars, ProbabilityBars } from '../../components/bars';
import { CopyId } from '../../components/CopyId';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import { StateBadge } from '../../components/StateBadge';
import { Empty, QueryView } from '../../components/states';
import { byChannel } from '../../lib/explain';
import { formatPercent, humanLabel } from '../../lib/format';
import { formatDateTime, formatDuration } from '../../lib/time';
import { FeedbackPanel } from './FeedbackPanel';
import { WindowCharts } from './WindowCharts';

export default function PredictionPage() {
  const { id = '' } = useParams();
  const api = useApi();
  const query = useQuery(predictionQuery(api, id));
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <>
        <PageHeader title="No such prediction" />
        <Empty
          title={`There is no prediction ${id}.`}
          hint="It may be older than what is kept."
          action={<RouterLink to="/predictions">To the predictions</RouterLink>}
        />
      </>
    );
  }
  if (!query.data) {
    return (
      <>
        <PageHeader title="Prediction" />
        <QueryView query={query} what="The prediction">
          {() => null}
        </QueryView>
      </>
    );
  }
  return <Loaded prediction={query.data} />;
}

function Loaded({ prediction: p }: { prediction: Prediction }) {
  const api = useApi();
  const sensor = useQuery(sensorQuery(api, p.sensor_id));
  const name = sensor.data?.name ?? p.sensor_id;
  const shares = byChannel(p.explanation);
  const probabilities = Object.entries(p.probabilities ?? {}).sort(([, a], [, b]) => (b ?? 0) - (a ?? 0));
  const units = new Map(sensor.data?.channels.map((c) => [c.name, c.unit ?? null]));
  const measured = sensor.data?.channels.map((c) => c.name) ?? [];
  const order = [...new Set([...shares.map((s) => s.channel), ...measured])];

  return (
    <>
      <PageHeader title={`${name}: ${humanLabel(p.label)}`}>
        <StateBadge state={p.state} filled={p.state !== 'normal'} />
        <Typography variant="body1" component="span" sx={{ fontWeight: 600 }}>
          {formatPercent(p.confidence)}
        </Typography>
        <Typography variant="body2" component="span" color="textSecondary">
          <Age at={p.at} />
        </Typography>
      </PageHeader>
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 1fr) minmax(340px, 420px)' },
          alignItems: 'start',
        }}
      >
        <Box sx={{ display: 'grid', gap: 2, minWidth: 0, order: { xs: 1, md: 0 } }}>
          <Panel title="Readings in the window">
            <WindowCharts prediction={p} channels={order} units={units} shares={shares} />
          </Panel>
        </Box>
        <Box sx={{ display: 'grid', gap: 2, minWidth: 0 }}>
          <Panel title="Why">
            {shares.length > 0 ? (
              <>
                <Typography variant="caption" color="textSecondary">
                  What each channel adds to the margin of “{humanLabel(p.label)}” (right: for it, left: against it).
                </Typography>
                <ContributionBars shares={shares} />
              </>
            ) : (
              <Empty
                title="Not explained."
                hint={p.is_anomaly ? 'This prediction has no stored explanation.' : 'Only anomalies are explained.'}
              />
            )}
          </Panel>
          <FeedbackPanel prediction={p} labels={probabilities.map(([label]) => label)} />
          <Panel title="Probabilities">
            {probabilities.length > 0 ? (
              <ProbabilityBars probabilities={probabilities} label={p.label} />
            ) : (
              <Empty title="None given." />
            )}
          </Panel>
          <Panel title="Facts">
            <Facts prediction={p} name={name} />
          </Panel>
        </Box>
      </Box>
    </>
  );
}

function Facts({ prediction: p, name }: { prediction: Prediction; name: string }) {
  const facts: [string, ReactNode][] = [
    ['Id', <CopyId key="id" id={p.id} what="id" />],
    [
      'Sensor',
      <Link key="sensor" component={RouterLink} to={`/sensors/${encodeURIComponent(p.sensor_id)}`}>
        {name}
      </Link>,
    ],
    ['Model', [p.model, p.role].filter(Boolean).join(', ') || '–'],
    ['Window start', formatDateTime(p.window?.start)],
    ['Window end', formatDateTime(p.window?.end ?? p.at)],
    ['Length', p.window ? formatDuration(p.window.end - p.window.start) : '–'],
    ['Readings', p.window ? String(p.window.n) : '–'],
    ['Coverage', formatPercent(p.window?.coverage)],
    ['Anomaly score', formatPercent(p.anomaly_score)],
    ['Computed in', p.latency_us == null ? '–' : `${Math.round(p.latency_us)} µs`],
    ['Stored', formatDateTime(p.received)],
    ...(p.features_hash
      ? [['Features', <CopyId key="hash" id={p.features_hash} what="features hash" />] as [string, ReactNode]]
      : []),
  ];
  return (
    <Box component="dl" sx={{ display: 'grid', gridTemplateColumns: '7.5rem minmax(0, 1fr)', columnGap: 1, m: 0 }}>
      {facts.map(([term, value]) => (
        <Box key={term} sx={{ display: 'contents' }}>
          <Typography component="dt" variant="body2" color="textSecondary" sx={{ py: 0.25 }}>
            {term}
          </Typography>
          <Typography component="dd" variant="body2" sx={{ m: 0, py: 0.25, overflowWrap: 'anywhere' }}>
            {value}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}
