import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { useLive, useLiveSocket } from '../lib/live/context';
import type { LiveState } from '../lib/live/reducer';
import { useNow, useTick } from '../lib/now';
import { formatDuration } from '../lib/time';

/** With data coming all sensors are told at least every 5 s: after this without any, something is wrong. */
export const staleAfterMs = 12_000;

export interface BannerInput {
  live: Pick<LiveState, 'phase' | 'since' | 'retryAt' | 'feed' | 'ready' | 'lostFrames'>;
  newest: number | null;
  sensors: number;
  /** This machine's clock and the server's. */
  tick: number;
  now: number;
}

export interface BannerText {
  severity: 'warning' | 'error' | 'info';
  text: string;
  retry: boolean;
}

/** What the operator must know about how far the page can be trusted; null when all is well. */
export function bannerText({ live, newest, sensors, tick, now }: BannerInput): BannerText | null {
  const lasted = formatDuration(tick - live.since);
  if (live.phase === 'disconnected') {
    const wait = live.retryAt === null ? '' : ` Next attempt in ${formatDuration(Math.max(0, live.retryAt - tick))}.`;
    return {
      severity: 'error',
      text: `Disconnected for ${lasted}: states and values below may be out of date.${wait}`,
      retry: true,
    };
  }
  // a connection that comes at once needs no word
  if (live.phase === 'connecting' && tick - live.since > 2_000)
    return { severity: 'info', text: 'Connecting to the live stream…', retry: false };
  if (live.phase === 'recovering' && tick - live.since > 1_000)
    return {
      severity: 'info',
      text: 'Recovering: some live updates were missed, asking for the current state.',
      retry: false,
    };
  if (live.phase === 'live' && live.feed?.connected === false) {
    const since = live.feed.since === null ? '' : ` for ${formatDuration(now - live.feed.since)}`;
    return {
      severity: 'error',
      text: `The server has lost the plant's live stream${since}: states and values below may be out of date. It reconnects by itself.`,
      retry: false,
    };
  }
  if (live.phase === 'live' && sensors > 0 && newest !== null && now - newest > staleAfterMs)
    return {
      severity: 'warning',
      text: `Stale: no sensor has sent a reading for ${formatDuration(now - newest)}.`,
      retry: false,
    };
  return null;
}

const pick = (state: LiveState): LiveState => state;

export function newestReading(state: LiveState): number | null {
  let newest: number | null = null;
  for (const s of Object.values(state.sensors)) if (s.last_seen != null) newest = Math.max(newest ?? 0, s.last_seen);
  return newest;
}

export function ConnectionBanner() {
  const live = useLive(pick);
  const socket = useLiveSocket();
  const banner = bannerText({
    live,
    newest: newestReading(live),
    sensors: Object.keys(live.sensors).length,
    tick: useTick(),
    now: useNow(),
  });
  return (
    <div role="status" aria-live="polite">
      {banner && (
        <Alert
          severity={banner.severity}
          variant={banner.severity === 'error' ? 'filled' : 'standard'}
          square
          action={
            banner.retry && (
              <Button color="inherit" onClick={() => socket.retryNow()}>
                Connect now
              </Button>
            )
          }
        >
          {banner.text}
        </Alert>
      )}
    </div>
  );
}
