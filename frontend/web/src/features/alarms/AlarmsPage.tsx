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
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useMemo } from 'react';
import { Link as RouterLink } from 'react-router';
import { useApi, useHasRole } from '../../api/context';
import type { Alarm } from '../../api/planned';
import { describeError, unwrap } from '../../api/problem';
import { alarmsQuery } from '../../api/queries';
import { Age } from '../../components/Age';
import { PageHeader } from '../../components/PageHeader';
import { Empty, QueryView } from '../../components/states';
import { humanLabel } from '../../lib/format';
import { useLive } from '../../lib/live/context';
import type { LiveState } from '../../lib/live/reducer';
import { arrangeAlarms, isUnacknowledged } from './alarms';

const notPhone = { display: { xs: 'none', sm: 'table-cell' } };
const liveAlarms = (state: LiveState) => state.alarms;

export default function AlarmsPage() {
  const query = useQuery(alarmsQuery(useApi()));
  return (
    <>
      <PageHeader title="Alarms" />
      <QueryView query={query} what="Alarms">
        {(list) =>
          list === null ? <Empty title="This server keeps no alarms yet." /> : <AlarmTable listed={list.items} />
        }
      </QueryView>
    </>
  );
}

function AlarmTable({ listed }: { listed: Alarm[] }) {
  const api = useApi();
  const queries = useQueryClient();
  const live = useLive(liveAlarms);
  const mayAck = useHasRole('operator');
  const alarms = useMemo(() => arrangeAlarms(listed, live), [listed, live]);
  const ack = useMutation({
    mutationFn: (id: string) => unwrap(api.client.POST('/alarms/{id}/ack', { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['alarms'] }),
  });

  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>, alarm: Alarm) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.currentTarget;
    const step = {
      ArrowDown: 'nextElementSibling',
      j: 'nextElementSibling',
      ArrowUp: 'previousElementSibling',
      k: 'previousElementSibling',
    } as const;
    if (event.key in step) {
      event.preventDefault();
      const next = row[step[event.key as keyof typeof step]];
      if (next instanceof HTMLElement) next.focus();
    } else if (event.key === 'a' && mayAck && isUnacknowledged(alarm)) {
      event.preventDefault();
      ack.mutate(alarm.id);
    }
  };

  if (alarms.length === 0) return <Empty title="No alarm." hint="Nothing has been raised." />;
  return (
    <>
      {ack.isError && (
        <Alert severity="error" sx={{ mb: 1 }}>
          Not acknowledged: {describeError(ack.error)}
        </Alert>
      )}
      {mayAck && (
        <Typography variant="caption" component="p" color="textSecondary" sx={{ mb: 0.5 }}>
          Keys: ↑ ↓ choose a row, <b>a</b> acknowledges it.
        </Typography>
      )}
      <Paper variant="outlined" sx={{ overflowX: 'auto' }}>
        <Table aria-label="Alarms">
          <TableHead>
            <TableRow>
              <TableCell sx={notPhone}>Raised</TableCell>
              <TableCell>Sensor</TableCell>
              <TableCell>Fault</TableCell>
              <TableCell sx={notPhone}>Priority</TableCell>
              <TableCell sx={notPhone}>State</TableCell>
              <TableCell />
            </TableRow>
          </TableHead>
          <TableBody>
            {alarms.map((alarm) => {
              const open = isUnacknowledged(alarm);
              return (
                <TableRow
                  key={alarm.id}
                  tabIndex={0}
                  hover
                  onKeyDown={(event) => onKeyDown(event, alarm)}
                  sx={(theme) => (open ? { backgroundColor: theme.palette.aas.states.fault.tint } : {})}
                >
                  <TableCell sx={notPhone}>
                    <Age at={alarm.raised} />
                  </TableCell>
                  <TableCell>
                    <Link component={RouterLink} to={`/sensors/${encodeURIComponent(alarm.sensor_id)}`}>
                      {alarm.sensor_id}
                    </Link>
                  </TableCell>
                  <TableCell sx={{ fontWeight: open ? 600 : 400 }}>
                    {humanLabel(alarm.fault)}
                    <Typography
                      variant="caption"
                      component="div"
                      color="textSecondary"
                      sx={{ display: { xs: 'block', sm: 'none' } }}
                    >
                      {humanLabel(alarm.state)}, <Age at={alarm.raised} />
                    </Typography>
                  </TableCell>
                  <TableCell sx={notPhone}>{alarm.priority ?? '–'}</TableCell>
                  <TableCell sx={notPhone}>{humanLabel(alarm.state)}</TableCell>
                  <TableCell align="right">
                    {open && mayAck && (
                      <Button
                        variant="outlined"
                        aria-label={`Acknowledge ${humanLabel(alarm.fault)} of ${alarm.sensor_id}`}
                        disabled={ack.isPending}
                        onClick={() => ack.mutate(alarm.id)}
                      >
                        Ack
                      </Button>
                    )}
                    {!open && alarm.acked != null && (
                      <Box component="span" sx={{ color: 'text.secondary' }}>
                        acked <Age at={alarm.acked} />
                      </Box>
                    )}
                  </TableCell>
                </TableRow>
              );
            })}
          </TableBody>
        </Table>
      </Paper>
    </>
  );
}
