import AppBar from '@mui/material/AppBar';
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import Toolbar from '@mui/material/Toolbar';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { useApi } from '../api/context';
import { alarmsQuery } from '../api/queries';
import { Loading } from '../components/states';
import { SubNav } from '../components/SubNav';
import { StateIcon } from '../components/StateBadge';
import { arrangeAlarms, isUnacknowledged } from '../lib/alarms';
import { useLive } from '../lib/live/context';
import type { LiveState } from '../lib/live/reducer';
import { countStates } from '../lib/states';
import { AccountMenu } from './AccountMenu';
import { ConnectionBanner } from './ConnectionBanner';
import { ErrorBoundary } from './ErrorBoundary';
import { ThemeSwitch } from './ThemeSwitch';

const liveAlarms = (state: LiveState) => state.alarms;
const faults = (state: LiveState): number => countStates(Object.values(state.sensors)).fault;

function FaultCount() {
  const count = useLive(faults);
  if (count === 0) return null;
  return (
    <Link
      component={NavLink}
      to="/?state=fault"
      underline="none"
      sx={(theme) => ({
        ...theme.typography.body2,
        display: 'inline-flex',
        alignItems: 'center',
        gap: 0.5,
        px: 1,
        py: 0.25,
        borderRadius: 0.5,
        fontWeight: 700,
        whiteSpace: 'nowrap',
        backgroundColor: theme.palette.aas.states.fault.fill,
        color: theme.palette.aas.states.fault.onFill,
      })}
    >
      <StateIcon state="fault" />
      {count}
      <Box component="span" sx={{ display: { xs: 'none', sm: 'inline' } }}>
        in fault
      </Box>
    </Link>
  );
}

function Navigation() {
  const alarms = useQuery(alarmsQuery(useApi()));
  const live = useLive(liveAlarms);
  const waiting = arrangeAlarms(alarms.data?.items ?? [], live).filter(isUnacknowledged).length;
  return (
    <SubNav
      label="Main"
      pages={[
        { to: '/', name: 'Dashboard', end: true },
        { to: '/predictions', name: 'Predictions' },
        ...(alarms.data ? [{ to: '/alarms', name: waiting > 0 ? `Alarms (${waiting})` : 'Alarms' }] : []),
        { to: '/settings', name: 'Settings' },
      ]}
    />
  );
}

/** What stands around every page of a signed-in user. */
export function Shell() {
  const { pathname } = useLocation();
  return (
    <>
      <Link
        href="#main"
        sx={(theme) => ({
          position: 'absolute',
          left: -9999,
          zIndex: theme.zIndex.tooltip,
          '&:focus': { left: 8, top: 8, p: 1, backgroundColor: theme.palette.background.paper },
        })}
      >
        Skip to the page
      </Link>
      <AppBar
        position="sticky"
        color="inherit"
        elevation={0}
        sx={(theme) => ({ backgroundColor: theme.palette.background.paper, borderBottom: 1, borderColor: 'divider' })}
      >
        <Toolbar
          variant="dense"
          sx={{ gap: { xs: 0.5, sm: 2 }, px: { xs: 1, sm: 2 }, flexWrap: 'wrap', minHeight: 44, rowGap: 0 }}
        >
          <Typography component="span" variant="h2" sx={{ letterSpacing: '0.02em' }}>
            Aastreli
          </Typography>
          <Box sx={{ order: { xs: 3, sm: 0 }, width: { xs: '100%', sm: 'auto' }, minWidth: 0 }}>
            <Navigation />
          </Box>
          <Box sx={{ flexGrow: 1 }} />
          <FaultCount />
          <ThemeSwitch />
          <AccountMenu />
        </Toolbar>
        <ConnectionBanner />
      </AppBar>
      <Box component="main" id="main" sx={{ p: { xs: 1, sm: 2 }, maxWidth: 1800, mx: 'auto' }}>
        <ErrorBoundary key={pathname}>
          <Suspense fallback={<Loading what="the page" rows={8} />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </Box>
    </>
  );
}
