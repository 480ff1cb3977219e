import Paper from '@mui/material/Paper';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { type ReactNode, useId } from 'react';

interface PanelProps {
  title: string;
  /** Beside the title: ages, links, controls. */
  aside?: ReactNode;
  children: ReactNode;
  padded?: boolean;
}

/** A titled box: a region that can be found by its name. */
export function Panel({ title, aside, children, padded = true }: PanelProps) {
  const id = useId();
  return (
    <Paper component="section" variant="outlined" aria-labelledby={id} sx={{ minWidth: 0 }}>
      <Stack
        direction="row"
        sx={{
          alignItems: 'center',
          justifyContent: 'space-between',
          gap: 1,
          px: 1.5,
          pt: 1,
          pb: 0.75,
          flexWrap: 'wrap',
        }}
      >
        <Typography id={id} variant="h2">
          {title}
        </Typography>
        {aside}
      </Stack>
      <Stack sx={{ px: padded ? 1.5 : 0, pb: padded ? 1.5 : 0, minWidth: 0 }}>{children}</Stack>
    </Paper>
  );
}
