import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi, useHasRole } from '../../api/context';
import { describeError, unwrap } from '../../api/problem';
import { feedbackAvailableQuery, type Prediction, type Verdict } from '../../api/queries';
import { Panel } from '../../components/Panel';
import { humanLabel } from '../../lib/format';

/** Was the model right? Hidden where this backend-api takes no feedback, or the user may not give any. */
export function FeedbackPanel({ prediction, labels }: { prediction: Prediction; labels: string[] }) {
  const api = useApi();
  const allowed = useHasRole('operator');
  const available = useQuery({ ...feedbackAvailableQuery(api), enabled: allowed });
  const [label, setLabel] = useState('');
  const [comment, setComment] = useState('');
  const send = useMutation({
    mutationFn: (verdict: Verdict) =>
      unwrap(
        api.client.POST('/feedback', {
          body: {
            prediction_id: prediction.id,
            verdict,
            ...(verdict === 'relabel' ? { label } : {}),
            ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
          },
        }),
      ),
  });
  if (!allowed || !available.data) return null;

  return (
    <Panel title="Was this right?">
      {send.isSuccess ? (
        <Alert
          severity="success"
          action={
            <Button color="inherit" onClick={() => send.reset()}>
              Change
            </Button>
          }
        >
          Noted: {send.variables === 'relabel' ? `it was ${humanLabel(label)}` : `${send.variables}ed`}.
        </Alert>
      ) : (
        <Box sx={{ display: 'grid', gap: 1 }}>
          {send.isError && <Alert severity="error">Not sent: {describeError(send.error)}</Alert>}
          <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap' }}>
            <Button variant="outlined" disabled={send.isPending} onClick={() => send.mutate('confirm')}>
              Confirm
            </Button>
            <Button variant="outlined" disabled={send.isPending} onClick={() => send.mutate('reject')}>
              Reject
            </Button>
          </Box>
          <Box sx={{ display: 'flex', gap: 1 }}>
            <TextField select label="It was" value={label} onChange={(e) => setLabel(e.target.value)} sx={{ flex: 1 }}>
              {labels.map((each) => (
                <MenuItem key={each} value={each}>
                  {humanLabel(each)}
                </MenuItem>
              ))}
            </TextField>
            <Button variant="outlined" disabled={label === '' || send.isPending} onClick={() => send.mutate('relabel')}>
              Relabel
            </Button>
          </Box>
          <TextField
            label="Comment"
            value={comment}
            onChange={(event) => setComment(event.target.value)}
            slotProps={{ htmlInput: { maxLength: 2000 } }}
          />
        </Box>
      )}
    </Panel>
  );
}
