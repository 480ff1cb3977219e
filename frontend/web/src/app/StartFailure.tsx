import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { describeError } from '../api/problem';

/** Nothing can be shown as the server is away; the caller goes on trying. */
export function StartFailure({ error }: { error: unknown }) {
  return (
    <Box component="main" sx={{ p: 2, maxWidth: 640, mx: 'auto', mt: '10vh' }}>
      <Alert
        severity="error"
        action={
          <Button color="inherit" onClick={() => window.location.reload()}>
            Load anew
          </Button>
        }
      >
        The dashboard cannot reach backend-api: {describeError(error)} It goes on trying.
      </Alert>
    </Box>
  );
}
