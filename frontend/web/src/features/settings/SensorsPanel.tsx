import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import Paper from '@mui/material/Paper';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useApi, useHasRole } from '../../api/context';
import { type Sensor, sensorsQuery } from '../../api/queries';
import { Age } from '../../components/Age';
import { StateBadge } from '../../components/StateBadge';
import { Empty, QueryView } from '../../components/states';
import { humanLabel } from '../../lib/format';
import { SensorDialog } from './SensorDialog';

const wide = { display: { xs: 'none', md: 'table-cell' } };

/** All sensors, those that nobody has confirmed first. */
export function SensorsPanel() {
  const query = useQuery(sensorsQuery(useApi()));
  const mayEdit = useHasRole('engineer');
  const [edited, setEdited] = useState<Sensor | null>(null);
  const rank = { new: 0, active: 1, retired: 2 };
  return (
    <>
      <QueryView query={query} what="Sensors" rows={8}>
        {(sensors) =>
          sensors.length === 0 ? (
            <Empty title="No sensor is registered." hint="They register themselves with their first message." />
          ) : (
            <Paper variant="outlined" sx={{ overflowX: 'auto' }}>
              <Table aria-label="Sensors">
                <TableHead>
                  <TableRow>
                    <TableCell>Sensor</TableCell>
                    <TableCell>Status</TableCell>
                    <TableCell sx={wide}>State</TableCell>
                    <TableCell sx={wide}>Type</TableCell>
                    <TableCell sx={wide}>Place</TableCell>
                    <TableCell sx={wide} align="right">
                      Channels
                    </TableCell>
                    <TableCell sx={{ display: { xs: 'none', sm: 'table-cell' } }}>Last seen</TableCell>
                    <TableCell />
                  </TableRow>
                </TableHead>
                <TableBody>
                  {[...sensors]
                    .sort(
                      (a, b) => rank[a.status] - rank[b.status] || a.id.localeCompare(b.id, 'en', { numeric: true }),
                    )
                    .map((s) => (
                      <TableRow key={s.id} hover>
                        <TableCell sx={{ overflowWrap: 'anywhere' }}>
                          <Link component={RouterLink} to={`/sensors/${encodeURIComponent(s.id)}`}>
                            {s.name ?? s.id}
                          </Link>
                        </TableCell>
                        <TableCell sx={{ fontWeight: s.status === 'new' ? 600 : 400 }}>
                          {humanLabel(s.status)}
                        </TableCell>
                        <TableCell sx={wide}>{s.live ? <StateBadge state={s.live.state} /> : '–'}</TableCell>
                        <TableCell sx={wide}>{humanLabel(s.type)}</TableCell>
                        <TableCell sx={wide}>
                          {[s.asset?.site, s.asset?.line, s.asset?.machine].filter(Boolean).join(' / ') || '–'}
                        </TableCell>
                        <TableCell sx={wide} align="right">
                          {s.channels.length}
                        </TableCell>
                        <TableCell sx={{ display: { xs: 'none', sm: 'table-cell' } }}>
                          <Age at={s.live?.last_seen ?? s.last_seen} />
                        </TableCell>
                        <TableCell align="right">
                          {mayEdit && (
                            <Button onClick={() => setEdited(s)} aria-label={`Edit ${s.name ?? s.id}`}>
                              {s.status === 'new' ? 'Confirm' : 'Edit'}
                            </Button>
                          )}
                        </TableCell>
                      </TableRow>
                    ))}
                </TableBody>
              </Table>
            </Paper>
          )
        }
      </QueryView>
      {edited && <SensorDialog sensor={edited} close={() => setEdited(null)} />}
    </>
  );
}
