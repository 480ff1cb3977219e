import Link from '@mui/material/Link';
import Stack from '@mui/material/Stack';
import { NavLink } from 'react-router';

interface SubNavProps {
  label: string;
  pages: { to: string; name: string; end?: boolean }[];
  /** Under the application's bar, or inside a page. */
  underline?: boolean;
}

/** A row of links; the page that is open is marked, for the eye and for a screen reader. */
export function SubNav({ label, pages, underline = false }: SubNavProps) {
  return (
    <Stack
      component="nav"
      aria-label={label}
      direction="row"
      sx={{
        gap: { xs: 0, sm: 0.5 },
        overflowX: 'auto',
        ...(underline ? { borderBottom: 1, borderColor: 'divider', mb: 2 } : {}),
      }}
    >
      {pages.map(({ to, name, end }) => (
        <Link
          key={to}
          component={NavLink}
          to={to}
          end={end ?? false}
          underline="none"
          sx={(theme) => ({
            ...theme.typography.body2,
            color: theme.palette.text.secondary,
            px: { xs: 1, sm: 1.25 },
            py: 1,
            borderBottom: '2px solid transparent',
            whiteSpace: 'nowrap',
            '&:hover': { color: theme.palette.text.primary },
            '&:focus-visible': { outlineOffset: -2 },
            '&.active': {
              color: theme.palette.text.primary,
              fontWeight: 600,
              borderBottomColor: theme.palette.primary.main,
            },
          })}
        >
          {name}
        </Link>
      ))}
    </Stack>
  );
}
