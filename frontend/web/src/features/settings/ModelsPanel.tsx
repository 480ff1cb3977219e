import Paper from '@mui/material/Paper';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import type { UseQueryResult } from '@tanstack/react-query';
import type { Model, ModelList } from '../../api/queries';
import { Empty, QueryView } from '../../components/states';
import { humanLabel } from '../../lib/format';
import { formatDateTime } from '../../lib/time';

/** A field of a manifest, whose shape is the trainer's: shown where it is a text or a number. */
function field(model: Model, ...path: string[]): string {
  let value: unknown = model.manifest;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return '–';
    value = (value as Record<string, unknown>)[key];
  }
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000);
  return typeof value === 'string' ? value : '–';
}

export function ModelsPanel({ query }: { query: UseQueryResult<ModelList | null> }) {
  return (
    <QueryView query={query} what="Models">
      {(list) =>
        list === null || list.items.length === 0 ? (
          <Empty title="No model is registered." hint="Until one is, readings are stored and every machine is blind." />
        ) : (
          <Paper variant="outlined" sx={{ overflowX: 'auto' }}>
            <Table aria-label="Models">
              <TableHead>
                <TableRow>
                  <TableCell>Version</TableCell>
                  <TableCell>Status</TableCell>
                  <TableCell>Created</TableCell>
                  <TableCell sx={{ display: { xs: 'none', sm: 'table-cell' } }}>Origin</TableCell>
                  <TableCell sx={{ display: { xs: 'none', sm: 'table-cell' } }} align="right">
                    Accuracy
                  </TableCell>
                </TableRow>
              </TableHead>
              <TableBody>
                {list.items.map((m) => (
                  <TableRow key={m.version}>
                    <TableCell sx={{ fontWeight: 600 }}>{m.version}</TableCell>
                    <TableCell>{humanLabel(m.status)}</TableCell>
                    <TableCell>{formatDateTime(m.created)}</TableCell>
                    <TableCell sx={{ display: { xs: 'none', sm: 'table-cell' } }}>{field(m, 'source')}</TableCell>
                    <TableCell sx={{ display: { xs: 'none', sm: 'table-cell' } }} align="right">
                      {field(m, 'metrics', 'accuracy')}
                    </TableCell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
          </Paper>
        )
      }
    </QueryView>
  );
}
