import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import Paper from '@mui/material/Paper';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link as RouterLink, useSearchParams } from 'react-router';
import { useApi } from '../../api/context';
import { describeError } from '../../api/problem';
import { type Prediction, predictionsQuery, sensorsQuery } from '../../api/queries';
import { Age } from '../../components/Age';
import { PageHeader } from '../../components/PageHeader';
import { StateBadge } from '../../components/StateBadge';
import { Empty, Failure, Loading } from '../../components/states';
import { byChannel } from '../../lib/explain';
import { formatPercent, humanChannel, humanLabel } from '../../lib/format';
import { useNow } from '../../lib/now';
import { formatMoment } from '../../lib/time';
import { FilterBar } from './FilterBar';
import { filterFromParams, withFilter } from './filter';

const wide = { display: { xs: 'none', md: 'table-cell' } };
const notPhone = { display: { xs: 'none', sm: 'table-cell' } };

export default function PredictionsPage() {
  const api = useApi();
  const [params, setParams] = useSearchParams();
  const filter = useMemo(() => filterFromParams(params), [params]);
  const query = useInfiniteQuery(predictionsQuery(api, filter));
  const sensors = useQuery(sensorsQuery(api));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const names = useMemo(() => new Map(sensors.data?.map((s) => [s.id, s.name ?? s.id])), [sensors.data]);
  const labels = useMemo(() => [...new Set(items.flatMap((p) => p.label ?? []))].sort(), [items]);

  return (
    <>
      <PageHeader title="Predictions">
        {query.dataUpdatedAt > 0 && (
          <Typography variant="body2" component="span" color="textSecondary">
            <Age at={query.dataUpdatedAt} prefix="Read" />
          </Typography>
        )}
        <Button onClick={() => void query.refetch()} loading={query.isRefetching}>
          Read again
        </Button>
      </PageHeader>
      <FilterBar
        filter={filter}
        set={(key, value) => setParams((before) => withFilter(before, key, value), { replace: true })}
        clear={() => setParams({}, { replace: true })}
        sensorIds={[...names.keys()]}
        labels={labels}
      />
      {query.isError && query.data === undefined && (
        <Failure what="Predictions" error={query.error} retry={() => void query.refetch()} />
      )}
      {query.isRefetchError && (
        <Alert severity="warning" sx={{ mb: 1 }}>
          Not refreshed: {describeError(query.error)} What stands below is older than it says.
        </Alert>
      )}
      {query.isPending && <Loading what="predictions" rows={10} />}
      {query.isSuccess && items.length === 0 && (
        <Empty
          title="No prediction fits."
          hint={
            Object.keys(filter).length > 0
              ? 'Widen or clear the filter.'
              : 'The first comes when a window of readings is full.'
          }
        />
      )}
      {items.length > 0 && (
        <Paper variant="outlined" sx={{ overflowX: 'auto' }}>
          <Table aria-label="Predictions">
            <TableHead>
              <TableRow>
                <TableCell>Window end</TableCell>
                <TableCell>Sensor</TableCell>
                <TableCell sx={notPhone}>State</TableCell>
                <TableCell>Label</TableCell>
                <TableCell sx={notPhone} align="right">
                  Confidence
                </TableCell>
                <TableCell sx={wide}>Because of</TableCell>
                <TableCell sx={wide} align="right">
                  Coverage
                </TableCell>
                <TableCell sx={wide}>Model</TableCell>
              </TableRow>
            </TableHead>
            <TableBody>
              {items.map((p) => (
                <PredictionRow key={p.id} prediction={p} name={names.get(p.sensor_id) ?? p.sensor_id} />
              ))}
            </TableBody>
          </Table>
        </Paper>
      )}
      {query.isFetchNextPageError && <Failure what="The next page" error={query.error} />}
      {query.hasNextPage && (
        <Button sx={{ mt: 1 }} onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage}>
          Show older
        </Button>
      )}
    </>
  );
}

function PredictionRow({ prediction: p, name }: { prediction: Prediction; name: string }) {
  const now = useNow();
  const because = byChannel(p.explanation)
    .filter((s) => s.contribution > 0)
    .slice(0, 2)
    .map((s) => humanChannel(s.channel))
    .join(', ');
  return (
    <TableRow hover>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <Link component={RouterLink} to={`/predictions/${encodeURIComponent(p.id)}`}>
          {formatMoment(p.at, now)}
        </Link>
      </TableCell>
      <TableCell sx={{ overflowWrap: 'break-word' }}>
        <Link component={RouterLink} to={`/sensors/${encodeURIComponent(p.sensor_id)}`} color="inherit">
          {name}
        </Link>
      </TableCell>
      <TableCell sx={notPhone}>
        <StateBadge state={p.state} />
      </TableCell>
      <TableCell>
        <Box sx={{ display: { xs: 'block', sm: 'none' } }}>
          <StateBadge state={p.state} />
        </Box>
        {humanLabel(p.label)}
        <Box component="span" sx={{ display: { xs: 'inline', sm: 'none' }, color: 'text.secondary' }}>
          {' '}
          {formatPercent(p.confidence)}
        </Box>
      </TableCell>
      <TableCell sx={notPhone} align="right">
        {formatPercent(p.confidence)}
      </TableCell>
      <TableCell sx={wide}>{because || '–'}</TableCell>
      <TableCell sx={wide} align="right">
        {formatPercent(p.window?.coverage)}
      </TableCell>
      <TableCell sx={wide}>{p.model ?? '–'}</TableCell>
    </TableRow>
  );
}
