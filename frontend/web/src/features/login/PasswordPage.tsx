import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { useApi, useSession } from '../../api/context';
import { ApiError, describeError, unwrap } from '../../api/problem';
import { PageHeader } from '../../components/PageHeader';

const minLength = 12;

function refusal(error: unknown): string {
  if (error instanceof ApiError && (error.status === 401 || error.status === 403))
    return 'The current password is wrong.';
  return describeError(error);
}

export default function PasswordPage() {
  const api = useApi();
  const session = useSession();
  const navigate = useNavigate();
  const { state } = useLocation() as { state: { first?: boolean } | null };
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const tooShort = next !== '' && next.length < minLength;
  const differs = again !== '' && again !== next;
  const ready = current !== '' && next.length >= minLength && next === again;

  const change = useMutation({
    mutationFn: async () => {
      await unwrap(api.client.POST('/auth/password', { body: { current_password: current, new_password: next } }));
      api.session.setUser(await unwrap(api.client.GET('/auth/me')));
    },
  });

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (ready) change.mutate();
  };

  const first = session.status === 'in' && session.user.must_change;
  return (
    <>
      <PageHeader title="Change password" />
      <Paper variant="outlined" component="form" onSubmit={submit} sx={{ p: 2, maxWidth: 420 }}>
        {change.isSuccess ? (
          <Alert
            severity="success"
            action={
              <Button color="inherit" onClick={() => void navigate('/')}>
                To the dashboard
              </Button>
            }
          >
            Password changed. Sessions elsewhere have ended.
          </Alert>
        ) : (
          <Stack sx={{ gap: 2 }}>
            {first && (
              <Alert severity="warning">
                The first password is still in use: whoever can read its file can sign in. Choose your own.
              </Alert>
            )}
            {change.isError && <Alert severity="error">{refusal(change.error)}</Alert>}
            <TextField
              label="Current password"
              type="password"
              autoComplete="current-password"
              required
              value={current}
              onChange={(event) => setCurrent(event.target.value)}
            />
            <TextField
              label="New password"
              type="password"
              autoComplete="new-password"
              required
              value={next}
              error={tooShort}
              helperText={`At least ${minLength} characters`}
              onChange={(event) => setNext(event.target.value)}
              slotProps={{ htmlInput: { maxLength: 256 } }}
            />
            <TextField
              label="New password again"
              type="password"
              autoComplete="new-password"
              required
              value={again}
              error={differs}
              helperText={differs ? 'Differs from the one above' : ' '}
              onChange={(event) => setAgain(event.target.value)}
            />
            <Stack direction="row" sx={{ gap: 1 }}>
              <Button type="submit" variant="contained" size="medium" disabled={!ready} loading={change.isPending}>
                Change password
              </Button>
              {state?.first && (
                <Button size="medium" onClick={() => void navigate('/')}>
                  Not now
                </Button>
              )}
            </Stack>
          </Stack>
        )}
      </Paper>
    </>
  );
}
