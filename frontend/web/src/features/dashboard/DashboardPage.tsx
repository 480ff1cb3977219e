import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useApi } from '../../api/context';
import { dashboardQuery } from '../../api/queries';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import { Empty, Loading, QueryView } from '../../components/states';
import { leadingChannel } from '../../lib/explain';
import { useLive, useReadings } from '../../lib/live/context';
import type { LiveState } from '../../lib/live/reducer';
import type { Run } from '../../lib/live/runs';
import { arrangeSensors, countStates, sortOrders } from '../../lib/states';
import { MachineTile } from './MachineTile';
import { PlantSummary } from './PlantSummary';
import { RunList } from './RunList';
import { StateFilter } from './StateFilter';
import { useOverviewFilter } from './useOverview';

const sensorsOf = (state: LiveState) => state.sensors;
const runsOf = (state: LiveState) => state.runs;
const readyOf = (state: LiveState) => state.ready;

/** More tiles than this are shown on demand: nobody reads them, and every one costs a chart. */
const tilesAtOnce = 60;

export default function DashboardPage() {
  useReadings();
  const api = useApi();
  const dashboard = useQuery(dashboardQuery(api));
  const sensorMap = useLive(sensorsOf);
  const runs = useLive(runsOf);
  const ready = useLive(readyOf);
  const { filter, set, toggleState, clear } = useOverviewFilter();
  const [limit, setLimit] = useState(tilesAtOnce);

  const sensors = useMemo(() => Object.values(sensorMap), [sensorMap]);
  const counts = useMemo(() => countStates(sensors), [sensors]);
  const text = useDeferredValue(filter.text);
  const arranged = useMemo(() => arrangeSensors(sensors, { ...filter, text }), [sensors, filter, text]);
  const accused = useMemo(() => {
    const bySensor = new Map<string, Run>();
    for (const run of runs) if (!bySensor.has(run.prediction.sensor_id)) bySensor.set(run.prediction.sensor_id, run);
    return (id: string) => bySensor.get(id)?.explanation;
  }, [runs]);
  const newest = useMemo(() => sensors.reduce((max, s) => Math.max(max, s.last_seen ?? 0), 0), [sensors]);
  const filtered = filter.states.size > 0 || filter.text !== '';

  return (
    <>
      <PageHeader title="Dashboard" />
      <QueryView query={dashboard} what="The plant summary" rows={1}>
        {(data) => <PlantSummary dashboard={data} newest={newest || null} />}
      </QueryView>
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) 400px' },
          alignItems: 'start',
        }}
      >
        <Box component="section" aria-label="Machines" sx={{ minWidth: 0 }}>
          <StateFilter counts={counts} chosen={filter.states} toggle={toggleState} />
          <Box sx={{ display: 'flex', gap: 1, my: 1.5, flexWrap: 'wrap', alignItems: 'center' }}>
            <TextField
              label="Find"
              type="search"
              value={filter.text}
              onChange={(event) => set('find', event.target.value)}
              sx={{ flex: '1 1 140px', maxWidth: 320 }}
            />
            <TextField
              select
              label="Order"
              value={filter.sort}
              onChange={(event) => set('sort', event.target.value === 'worst' ? '' : event.target.value)}
              sx={{ minWidth: 150 }}
            >
              {Object.entries(sortOrders).map(([value, name]) => (
                <MenuItem key={value} value={value}>
                  {name}
                </MenuItem>
              ))}
            </TextField>
            {filtered && (
              <>
                <Typography variant="body2" color="textSecondary" role="status">
                  {arranged.length} of {sensors.length}
                </Typography>
                <Button onClick={clear}>Show all</Button>
              </>
            )}
          </Box>
          {!ready ? (
            <Loading what="the machines" rows={6} />
          ) : sensors.length === 0 ? (
            <Empty
              title="No sensor has sent anything yet."
              hint={
                <>
                  Sensors register themselves with their first message on <code>aastreli/sensors/&lt;id&gt;/data</code>.
                  See <RouterLink to="/settings">system status</RouterLink>.
                </>
              }
            />
          ) : arranged.length === 0 ? (
            <Empty title="No machine fits this filter." action={<Button onClick={clear}>Show all</Button>} />
          ) : (
            <Box
              component="ul"
              aria-label="Machines"
              sx={{
                listStyle: 'none',
                m: 0,
                p: 0,
                display: 'grid',
                gap: 1,
                gridTemplateColumns: 'repeat(auto-fill, minmax(230px, 1fr))',
              }}
            >
              {arranged.slice(0, limit).map((s) => (
                <MachineTile
                  key={s.sensor_id}
                  sensor={s}
                  channel={leadingChannel(s.channels?.map((c) => c.name) ?? [], accused(s.sensor_id))}
                />
              ))}
            </Box>
          )}
          {arranged.length > limit && (
            <Button sx={{ mt: 1 }} onClick={() => setLimit((n) => n + tilesAtOnce)}>
              Show {Math.min(tilesAtOnce, arranged.length - limit)} more of {arranged.length}
            </Button>
          )}
        </Box>
        <Panel
          title="Newest predictions"
          padded={false}
          aside={
            <Typography variant="caption" color="textSecondary">
              one line per change · <RouterLink to="/predictions">All</RouterLink>
            </Typography>
          }
        >
          {runs.length > 0 ? (
            <RunList runs={runs.slice(0, 25)} nameOf={(id) => sensorMap[id]?.name ?? id} />
          ) : ready ? (
            <Empty title="No prediction yet." hint="The first comes when a window of readings is full." />
          ) : (
            <Loading what="predictions" />
          )}
        </Panel>
      </Box>
    </>
  );
}
