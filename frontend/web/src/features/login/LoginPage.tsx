import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useMutation } from '@tanstack/react-query';
import { type SyntheticEvent, useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { useApi, useConfig } from '../../api/context';
import { ApiError, describeError, unwrap } from '../../api/problem';
import { ThemeSwitch } from '../../app/ThemeSwitch';
import { mono } from '../../app/theme';

function refusal(error: unknown): string {
  if (error instanceof ApiError && error.status === 401) return 'Name or password is wrong.';
  if (error instanceof ApiError && error.status === 429) return 'Too many attempts: wait a minute.';
  return describeError(error);
}

export default function LoginPage({ ended }: { ended: boolean }) {
  const api = useApi();
  const { version } = useConfig();
  const navigate = useNavigate();
  const [username, setUsername] = useState('admin');
  const [password, setPassword] = useState('');

  useEffect(() => {
    document.title = 'Sign in – Aastreli';
  }, []);

  const login = useMutation({
    mutationFn: () => unwrap(api.client.POST('/auth/login', { body: { username: username.trim(), password } })),
    onSuccess: (answer) => {
      if (answer.user.must_change) void navigate('/account/password', { state: { first: true } });
      api.session.accept(answer);
    },
  });

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    login.mutate();
  };

  return (
    <Box component="main" sx={{ p: 2, maxWidth: 400, mx: 'auto', mt: { xs: 2, sm: '12vh' } }}>
      <Stack direction="row" sx={{ alignItems: 'center', justifyContent: 'space-between', mb: 1 }}>
        <Typography variant="h1">Sign in to Aastreli</Typography>
        <ThemeSwitch />
      </Stack>
      <Paper variant="outlined" component="form" onSubmit={submit} sx={{ p: 2 }}>
        <Stack sx={{ gap: 2 }}>
          {ended && !login.isError && <Alert severity="info">The session has ended. Sign in again.</Alert>}
          {login.isError && <Alert severity="error">{refusal(login.error)}</Alert>}
          <TextField
            label="User name"
            name="username"
            autoComplete="username"
            required
            value={username}
            onChange={(event) => setUsername(event.target.value)}
            slotProps={{ htmlInput: { maxLength: 64, autoCapitalize: 'none', spellCheck: false } }}
          />
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            slotProps={{ htmlInput: { maxLength: 256 } }}
          />
          <Button type="submit" variant="contained" size="medium" loading={login.isPending}>
            Sign in
          </Button>
        </Stack>
      </Paper>
      <Typography variant="body2" color="textSecondary" sx={{ mt: 2 }}>
        First start? The first password of <b>admin</b> stands on the server in{' '}
        <Box component="code" sx={{ fontFamily: mono, overflowWrap: 'anywhere' }}>
          $AAS_HOME/secrets/admin-password
        </Box>{' '}
        (in a checkout:{' '}
        <Box component="code" sx={{ fontFamily: mono }}>
          .run/secrets/admin-password
        </Box>
        ); <b>make run</b> prints it too.
      </Typography>
      <Typography variant="caption" color="textSecondary" component="p" sx={{ mt: 2 }}>
        Version {version}
      </Typography>
    </Box>
  );
}
