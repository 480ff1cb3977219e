import Box from '@mui/material/Box';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import CheckCircleOutlined from '@mui/icons-material/CheckCircleOutlined';
import ErrorOutlined from '@mui/icons-material/ErrorOutlined';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useApi, useConfig } from '../../api/context';
import { dashboardQuery } from '../../api/queries';
import { Age } from '../../components/Age';
import { Panel } from '../../components/Panel';
import { QueryView } from '../../components/states';
import { formatCount, formatPercent } from '../../lib/format';
import { useLive } from '../../lib/live/context';
import type { LiveState } from '../../lib/live/reducer';
import { machineStates, stateText } from '../../lib/states';
import { formatDuration } from '../../lib/time';

const all = (state: LiveState): LiveState => state;

const phases: Record<LiveState['phase'], string> = {
  idle: 'not connected',
  connecting: 'connecting',
  live: 'connected',
  recovering: 'recovering',
  disconnected: 'disconnected',
};

function Verdict({ ok, text }: { ok: boolean; text: string }) {
  return (
    <Box
      component="span"
      sx={{
        display: 'inline-flex',
        verticalAlign: 'middle',
        alignItems: 'center',
        gap: 0.5,
        color: ok ? 'success.main' : 'error.main',
        fontWeight: 600,
      }}
    >
      {ok ? <CheckCircleOutlined fontSize="small" aria-hidden /> : <ErrorOutlined fontSize="small" aria-hidden />}
      {text}
    </Box>
  );
}

function Rows({ label, rows }: { label: string; rows: [string, ReactNode][] }) {
  return (
    <Table aria-label={label}>
      <TableBody>
        {rows.map(([name, value]) => (
          <TableRow key={name}>
            <TableCell component="th" scope="row" sx={{ width: '45%' }}>
              {name}
            </TableCell>
            <TableCell>{value}</TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}

/** Is the system itself well? What answers, what is connected, how fresh. */
export function StatusPanel() {
  const query = useQuery(dashboardQuery(useApi()));
  const live = useLive(all);
  const { version, apiUrl } = useConfig();
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' },
        alignItems: 'start',
      }}
    >
      <Panel
        title="Services"
        padded={false}
        aside={
          query.dataUpdatedAt > 0 && (
            <Typography variant="caption" color="textSecondary">
              <Age at={query.dataUpdatedAt} prefix="asked" staleAfterMs={30_000} />
            </Typography>
          )
        }
      >
        <QueryView query={query} what="The status">
          {(data) => (
            <Rows
              label="Services"
              rows={[
                ['backend-api', <Verdict key="b" ok text="answers" />],
                ...(data.services ?? []).map((s): [string, ReactNode] => [
                  s.name,
                  <span key={s.name}>
                    <Verdict ok={s.ok} text={s.ok ? 'answers' : 'does not answer'} /> {s.reason}
                  </span>,
                ]),
                [
                  'Live stream from ingestion',
                  <span key="feed">
                    <Verdict ok={data.feed.connected} text={data.feed.connected ? 'connected' : 'lost'} />{' '}
                    {data.feed.since != null && <Age at={data.feed.since} prefix="changed" />}
                  </span>,
                ],
              ]}
            />
          )}
        </QueryView>
      </Panel>
      <Panel title="This page’s connection" padded={false}>
        <Rows
          label="Connection"
          rows={[
            ['Live stream', <Verdict key="p" ok={live.phase === 'live'} text={phases[live.phase]} />],
            [
              'Last update',
              live.lastFrameAt === null ? 'none yet' : <Age key="a" at={live.lastFrameAt + live.clockOffsetMs} />,
            ],
            ['Updates missed', formatCount(live.lostFrames)],
            ['Updates not understood', formatCount(live.badFrames)],
            [
              'Clock against the server',
              Math.abs(live.clockOffsetMs) < 1000
                ? 'within a second'
                : `${formatDuration(Math.abs(live.clockOffsetMs))} ${live.clockOffsetMs > 0 ? 'behind' : 'ahead'}`,
            ],
            ['Server', apiUrl],
            ['Dashboard version', version],
          ]}
        />
      </Panel>
      <Panel title="Plant" padded={false}>
        <QueryView query={query} what="The plant">
          {(data) => (
            <Rows
              label="Plant"
              rows={[
                ['Sensors', formatCount(data.sensors.total)],
                ...machineStates.map((state): [string, ReactNode] => [
                  stateText[state].name,
                  formatCount(data.sensors[state]),
                ]),
                ['Newest reading', <Age key="n" at={data.last_seen} />],
                [
                  `Anomaly rate, last ${formatDuration(data.anomaly_rate.window_ms)}`,
                  `${formatPercent(data.anomaly_rate.rate)} (${formatCount(data.anomaly_rate.anomalies)} of ${formatCount(data.anomaly_rate.predictions)})`,
                ],
              ]}
            />
          )}
        </QueryView>
      </Panel>
    </Box>
  );
}
