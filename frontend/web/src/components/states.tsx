/* Loading, empty and failed, the same everywhere. */
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError, describeError } from '../api/problem';
import { Age } from './Age';

export function Loading({ what, rows = 4 }: { what: string; rows?: number }) {
  return (
    <Box role="status" aria-label={`Loading ${what}`} sx={{ py: 1 }}>
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} animation={false} height={28} />
      ))}
    </Box>
  );
}

export function Empty({ title, hint, action }: { title: string; hint?: ReactNode; action?: ReactNode }) {
  return (
    <Box sx={{ py: 3, px: 2, textAlign: 'center' }}>
      <Typography variant="body1" sx={{ fontWeight: 600 }}>
        {title}
      </Typography>
      {hint && (
        <Typography variant="body2" component="div" color="textSecondary" sx={{ mt: 0.5 }}>
          {hint}
        </Typography>
      )}
      {action && <Box sx={{ mt: 1.5 }}>{action}</Box>}
    </Box>
  );
}

export function Failure({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  const id = error instanceof ApiError ? error.requestId : undefined;
  return (
    <Alert
      severity="error"
      sx={{ my: 1 }}
      action={
        retry && (
          <Button color="inherit" onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      {what} could not be read: {describeError(error)}
      {id && <Box component="span"> (request {id})</Box>}
    </Alert>
  );
}

interface QueryViewProps<T> {
  query: UseQueryResult<T>;
  /** Noun for the messages, e.g. "Predictions". */
  what: string;
  rows?: number;
  children: (data: T) => ReactNode;
}

/** What a query has: loading, failed, its data, or its data with a word that it could not be refreshed. */
export function QueryView<T>({ query, what, rows, children }: QueryViewProps<T>) {
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    if (query.isError) return <Failure what={what} error={query.error} retry={retry} />;
    return <Loading what={what.toLowerCase()} {...(rows === undefined ? {} : { rows })} />;
  }
  return (
    <>
      {query.isRefetchError && (
        <Alert
          severity="warning"
          sx={{ my: 1 }}
          action={
            <Button color="inherit" onClick={retry}>
              Try again
            </Button>
          }
        >
          Not refreshed: {describeError(query.error)} Shown as of <Age at={query.dataUpdatedAt} />.
        </Alert>
      )}
      {children(query.data)}
    </>
  );
}
