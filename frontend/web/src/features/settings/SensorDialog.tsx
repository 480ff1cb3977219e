import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import MenuItem from '@mui/material/MenuItem';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useApi } from '../../api/context';
import { ApiError, describeError, unwrap } from '../../api/problem';
import type { Sensor } from '../../api/queries';
import { draftOf, patchOf, type SensorDraft, typePattern } from './sensorPatch';

export function SensorDialog({ sensor, close }: { sensor: Sensor; close: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(sensor));
  const patch = patchOf(sensor, draft);
  const typeOk = typePattern.test(draft.type.trim());
  const save = useMutation({
    mutationFn: async () => {
      if (patch) await unwrap(api.client.PATCH('/sensors/{id}', { params: { path: { id: sensor.id } }, body: patch }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['sensors'] });
      close();
    },
  });
  const field = save.error instanceof ApiError ? save.error.field : undefined;

  const text = (key: Exclude<keyof SensorDraft, 'status'>, label: string, max: number) => (
    <TextField
      label={label}
      value={draft[key]}
      error={(field?.endsWith(key) ?? false) || (key === 'type' && !typeOk)}
      helperText={key === 'type' && !typeOk ? 'Letters, digits and _ . : - only' : undefined}
      onChange={(event) => setDraft({ ...draft, [key]: event.target.value })}
      slotProps={{ htmlInput: { maxLength: max } }}
      fullWidth
    />
  );
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (patch && typeOk) save.mutate();
  };

  return (
    <Dialog open onClose={close} fullWidth maxWidth="xs" aria-labelledby="sensor-dialog">
      <form onSubmit={submit}>
        <DialogTitle id="sensor-dialog" variant="h2">
          {sensor.status === 'new' ? `Confirm ${sensor.id}` : `Edit ${sensor.id}`}
        </DialogTitle>
        <DialogContent>
          <Stack sx={{ gap: 2, pt: 1 }}>
            {save.isError && <Alert severity="error">Not saved: {describeError(save.error)}</Alert>}
            {text('name', 'Name', 128)}
            {text('type', 'Type', 64)}
            <TextField
              select
              label="Status"
              value={draft.status}
              onChange={(event) => setDraft({ ...draft, status: event.target.value as Sensor['status'] })}
            >
              <MenuItem value="new">New: not confirmed</MenuItem>
              <MenuItem value="active">Active</MenuItem>
              <MenuItem value="retired">Retired</MenuItem>
            </TextField>
            {text('site', 'Site', 64)}
            {text('line', 'Line', 64)}
            {text('machine', 'Machine', 64)}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" variant="contained" disabled={!patch || !typeOk} loading={save.isPending}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
