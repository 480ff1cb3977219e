import { describe, expect, it } from 'vitest';
import { sensorState } from '../../tests/samples';
import { initialLive, type LiveState } from '../lib/live/reducer';
import { bannerText, newestReading } from './ConnectionBanner';

const say = (live: Partial<LiveState>, more: { newest?: number | null; sensors?: number } = {}) =>
  bannerText({
    live: { ...initialLive, phase: 'live', ...live },
    newest: more.newest === undefined ? 99_000 : more.newest,
    sensors: more.sensors ?? 3,
    tick: 100_000,
    now: 100_000,
  });

describe('bannerText', () => {
  it('says nothing when all is well', () => expect(say({ feed: { connected: true, since: 1 } })).toBeNull());
  it('says nothing while a connection comes at once', () =>
    expect(say({ phase: 'connecting', since: 99_500 })).toBeNull());
  it('says that it connects', () => expect(say({ phase: 'connecting', since: 90_000 })?.severity).toBe('info'));
  it('says since when it is disconnected, and when it tries again', () => {
    const banner = say({ phase: 'disconnected', since: 70_000, retryAt: 104_000 });
    expect(banner).toMatchObject({ severity: 'error', retry: true });
    expect(banner?.text).toContain('Disconnected for 30 s');
    expect(banner?.text).toContain('Next attempt in 4 s');
  });
  it('says that it recovers', () => expect(say({ phase: 'recovering', since: 90_000 })?.text).toContain('Recovering'));
  it('says that the stream behind the server is gone', () =>
    expect(say({ feed: { connected: false, since: 40_000 } })?.text).toContain('for 1 min'));
  it('says that the plant is silent', () =>
    expect(say({}, { newest: 70_000 })).toMatchObject({
      severity: 'warning',
      text: expect.stringContaining('30 s') as string,
    }));
  it('does not call an empty plant stale', () => expect(say({}, { newest: null, sensors: 0 })).toBeNull());
});

it('the newest reading is the newest of all sensors', () => {
  const sensors = {
    a: sensorState('a', { last_seen: 5 }),
    b: sensorState('b', { last_seen: 9 }),
    c: sensorState('c', { last_seen: null }),
  };
  expect(newestReading({ ...initialLive, sensors })).toBe(9);
  expect(newestReading(initialLive)).toBeNull();
});
