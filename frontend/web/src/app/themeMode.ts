import { createContext, useContext, useMemo, useState, useSyncExternalStore } from 'react';
import * as z from 'zod/mini';
import { readSetting, writeSetting } from '../lib/storage';
import { makeTheme, type ThemeMode, themeModes, type ThemeName } from './theme';

interface ThemeModeValue {
  mode: ThemeMode;
  setMode: (mode: ThemeMode) => void;
}

export const ThemeModeContext = createContext<ThemeModeValue>({ mode: 'system', setMode: () => undefined });

export function useThemeMode(): ThemeModeValue {
  return useContext(ThemeModeContext);
}

const query = '(prefers-color-scheme: dark)';

function onSchemeChange(listener: () => void): () => void {
  const media = window.matchMedia(query);
  media.addEventListener('change', listener);
  return () => media.removeEventListener('change', listener);
}

const prefersDark = (): boolean => window.matchMedia(query).matches;

/** The chosen mode, kept over restarts, and its theme. */
export function useThemeChoice() {
  const [mode, set] = useState<ThemeMode>(() => readSetting('theme', z.enum(themeModes), 'system'));
  const dark = useSyncExternalStore(onSchemeChange, prefersDark);
  const name: ThemeName = mode === 'system' ? (dark ? 'dark' : 'light') : mode;
  const theme = useMemo(() => makeTheme(name), [name]);
  const value = useMemo<ThemeModeValue>(
    () => ({
      mode,
      setMode(next) {
        writeSetting('theme', next);
        set(next);
      },
    }),
    [mode],
  );
  return { theme, value };
}
