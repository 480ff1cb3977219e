import Box from '@mui/material/Box';
import { useNow } from '../lib/now';
import { formatAge, formatDateTime } from '../lib/time';

interface AgeProps {
  at: number | null | undefined;
  /** From this age on it is marked as old. */
  staleAfterMs?: number;
  prefix?: string;
}

/** How old something is, counting on; the full time stands in its title. */
export function Age({ at, staleAfterMs, prefix }: AgeProps) {
  const now = useNow();
  const text = formatAge(at, now);
  const stale = staleAfterMs !== undefined && (at === null || at === undefined || now - at > staleAfterMs);
  const shown = prefix ? `${prefix} ${text}` : text;
  return (
    <Box
      component="time"
      dateTime={at === null || at === undefined ? undefined : new Date(at).toISOString()}
      title={at === null || at === undefined ? 'never' : formatDateTime(at)}
      data-stale={stale || undefined}
      sx={(theme) => ({
        whiteSpace: 'nowrap',
        color: stale ? theme.palette.warning.main : 'inherit',
        fontWeight: stale ? 600 : 'inherit',
      })}
    >
      {stale ? `${shown} (old)` : shown}
    </Box>
  );
}
