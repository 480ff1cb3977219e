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
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { KeyboardEvent } from 'react';
import { Link as RouterLink } from 'react-router';
import { useApi, useHasRole } from '../../api/context';
import { describeError, unwrap } from '../../api/problem';
import type { Alarm } from '../../api/queries';
import { Age } from '../../components/Age';
import { humanLabel } from '../../lib/format';
import { formatClock } from '../../lib/time';
import { alarmStates, isShelved, isUnacknowledged } from '../../lib/alarms';

const notPhone = { display: { xs: 'none', sm: 'table-cell' } };
const shelveMinutes = 60;

type Action = 'ack' | 'shelve' | 'unshelve';

function useAlarmAction() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, action }: { id: string; action: Action }) => {
      const params = { path: { id } };
      if (action === 'shelve')
        return unwrap(api.client.POST('/alarms/{id}/shelve', { params, body: { minutes: shelveMinutes } }));
      return unwrap(
        action === 'ack'
          ? api.client.POST('/alarms/{id}/ack', { params })
          : api.client.POST('/alarms/{id}/unshelve', { params }),
      );
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['alarms'] }),
  });
}

/** Alarms with what may be done about them, by mouse or by keyboard. */
export function AlarmTable({ alarms }: { alarms: Alarm[] }) {
  const mayAct = useHasRole('operator');
  const act = useAlarmAction();

  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>, alarm: Alarm) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.currentTarget;
    const go = (to: Element | null) => {
      event.preventDefault();
      if (to instanceof HTMLElement) to.focus();
    };
    if (event.key === 'ArrowDown' || event.key === 'j') go(row.nextElementSibling);
    else if (event.key === 'ArrowUp' || event.key === 'k') go(row.previousElementSibling);
    else if (event.key === 'a' && mayAct && isUnacknowledged(alarm)) act.mutate({ id: alarm.id, action: 'ack' });
    else if (event.key === 's' && mayAct && alarm.state !== 'normal' && !isShelved(alarm))
      act.mutate({ id: alarm.id, action: 'shelve' });
  };

  return (
    <>
      {act.isError && (
        <Alert severity="error" sx={{ mb: 1 }}>
          Not done: {describeError(act.error)}
        </Alert>
      )}
      {mayAct && (
        <Typography variant="caption" component="p" color="textSecondary" sx={{ mb: 0.5 }}>
          Keys: ↑ ↓ choose a row, <b>a</b> acknowledges it, <b>s</b> shelves it for an hour.
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
            {alarms.map((alarm) => (
              <TableRow
                key={alarm.id}
                tabIndex={0}
                hover
                onKeyDown={(event) => onKeyDown(event, alarm)}
                sx={(theme) =>
                  isUnacknowledged(alarm) ? { backgroundColor: theme.palette.aas.states.fault.tint } : {}
                }
              >
                <Cells alarm={alarm} />
                <TableCell align="right" sx={{ whiteSpace: 'nowrap' }}>
                  {mayAct && (
                    <Actions
                      alarm={alarm}
                      busy={act.isPending}
                      run={(action) => act.mutate({ id: alarm.id, action })}
                    />
                  )}
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Paper>
    </>
  );
}

function Cells({ alarm }: { alarm: Alarm }) {
  return (
    <>
      <TableCell sx={notPhone}>
        <Age at={alarm.raised} />
      </TableCell>
      <TableCell sx={{ overflowWrap: 'anywhere' }}>
        <Link component={RouterLink} to={`/sensors/${encodeURIComponent(alarm.sensor_id)}`}>
          {alarm.sensor_id}
        </Link>
      </TableCell>
      <TableCell sx={{ fontWeight: isUnacknowledged(alarm) ? 600 : 400 }}>
        {humanLabel(alarm.fault)}
        <Typography
          variant="caption"
          component="div"
          color="textSecondary"
          sx={{ display: { xs: 'block', sm: 'none' } }}
        >
          {alarmStates[alarm.state]}, <Age at={alarm.raised} />
        </Typography>
      </TableCell>
      <TableCell sx={notPhone}>{humanLabel(alarm.priority)}</TableCell>
      <TableCell sx={notPhone}>
        {alarmStates[alarm.state]}
        <Box component="span" sx={{ color: 'text.secondary' }}>
          {alarm.state === 'acked' && alarm.acked_by && ` by ${alarm.acked_by}`}
          {isShelved(alarm) && alarm.shelved_until != null && ` until ${formatClock(alarm.shelved_until)}`}
        </Box>
      </TableCell>
    </>
  );
}

function Actions({ alarm, busy, run }: { alarm: Alarm; busy: boolean; run: (action: Action) => void }) {
  const what = `${humanLabel(alarm.fault)} of ${alarm.sensor_id}`;
  return (
    <>
      {isUnacknowledged(alarm) && (
        <Button variant="outlined" aria-label={`Acknowledge ${what}`} disabled={busy} onClick={() => run('ack')}>
          Ack
        </Button>
      )}
      {isShelved(alarm) ? (
        <Button aria-label={`Unshelve ${what}`} disabled={busy} onClick={() => run('unshelve')}>
          Unshelve
        </Button>
      ) : (
        alarm.state !== 'normal' && (
          <Button
            aria-label={`Shelve ${what} for an hour`}
            disabled={busy}
            onClick={() => run('shelve')}
            sx={{ ml: 0.5, display: { xs: 'none', sm: 'inline-flex' } }}
          >
            Shelve
          </Button>
        )
      )}
    </>
  );
}
