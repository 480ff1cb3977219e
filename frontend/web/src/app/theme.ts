/* Every colour and font size of the dashboard. Three themes: light, dark, and control room (near black, quiet: only what is
 * not normal shines). States follow the Okabe-Ito palette, which the usual kinds of colour blindness keep apart; each also
 * has its icon and its word. */
import { createTheme, type Theme } from '@mui/material/styles';
import type { MachineState } from '../lib/states';

export const themeModes = ['system', 'light', 'dark', 'control'] as const;
export type ThemeMode = (typeof themeModes)[number];
export type ThemeName = Exclude<ThemeMode, 'system'>;

export const themeNames: Record<ThemeMode, string> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
  control: 'Control room',
};

export interface StateColours {
  /** Text and icon on the page. */
  text: string;
  /** Solid badge, and text on it. */
  fill: string;
  onFill: string;
  /** Background of a tile, and its edge. */
  tint: string;
  edge: string;
}

interface Extra {
  states: Record<MachineState, StateColours>;
  chart: { series: string[]; axis: string; grid: string; band: string; mark: string };
  contribution: { towards: string; against: string };
}

declare module '@mui/material/styles' {
  interface Palette {
    aas: Extra;
  }
  interface PaletteOptions {
    aas: Extra;
  }
}

interface Scheme {
  dark: boolean;
  background: string;
  paper: string;
  text: string;
  quiet: string;
  divider: string;
  primary: string;
  onPrimary: string;
  error: string;
  warning: string;
  info: string;
  success: string;
  aas: Extra;
}

const light: Scheme = {
  dark: false,
  background: '#f1f4f6',
  paper: '#ffffff',
  text: '#17222c',
  quiet: '#4a5966',
  divider: '#d3dade',
  primary: '#11587f',
  onPrimary: '#ffffff',
  error: '#a83a00',
  warning: '#7a5900',
  info: '#11587f',
  success: '#1f6655',
  aas: {
    states: {
      fault: { text: '#a83a00', fill: '#b84300', onFill: '#ffffff', tint: '#fdeee5', edge: '#b84300' },
      unknown: { text: '#75368e', fill: '#75368e', onFill: '#ffffff', tint: '#f6eefa', edge: '#9d63b5' },
      blind: { text: '#6f5100', fill: '#f0c530', onFill: '#241b00', tint: '#fdf6db', edge: '#c79a00' },
      no_data: { text: '#4a5966', fill: '#566673', onFill: '#ffffff', tint: '#edf0f2', edge: '#8795a1' },
      warming_up: { text: '#1d5f96', fill: '#1d5f96', onFill: '#ffffff', tint: '#e8f2fa', edge: '#62a0d2' },
      normal: { text: '#1f6655', fill: '#1f6655', onFill: '#ffffff', tint: '#ffffff', edge: '#d3dade' },
    },
    chart: {
      series: ['#0b6ea8', '#b84300', '#00775a', '#75368e', '#8a6500', '#52606b'],
      axis: '#4a5966',
      grid: '#e3e8eb',
      band: '#0b6ea826',
      mark: '#b8430014',
    },
    contribution: { towards: '#b84300', against: '#0b6ea8' },
  },
};

const dark: Scheme = {
  dark: true,
  background: '#11171c',
  paper: '#1a2229',
  text: '#e4e9ed',
  quiet: '#a5b3be',
  divider: '#333f49',
  primary: '#7fc4ea',
  onPrimary: '#06202f',
  error: '#ff9c69',
  warning: '#f0ca50',
  info: '#8fc6f2',
  success: '#7fcab3',
  aas: {
    states: {
      fault: { text: '#ff9c69', fill: '#f0722b', onFill: '#1d0b00', tint: '#3a2114', edge: '#f0722b' },
      unknown: { text: '#d9aaec', fill: '#c08ad7', onFill: '#1c0b24', tint: '#2e2236', edge: '#c08ad7' },
      blind: { text: '#f0ca50', fill: '#e3b928', onFill: '#1e1700', tint: '#332b13', edge: '#e3b928' },
      no_data: { text: '#b0bcc6', fill: '#93a2ae', onFill: '#0f1418', tint: '#232c34', edge: '#6d7c88' },
      warming_up: { text: '#8fc6f2', fill: '#67aee6', onFill: '#04131f', tint: '#182b3b', edge: '#67aee6' },
      normal: { text: '#84c0af', fill: '#5fa792', onFill: '#04140f', tint: '#1a2229', edge: '#333f49' },
    },
    chart: {
      series: ['#6cbcea', '#f58a4b', '#4fc3a1', '#cf9be4', '#e3b928', '#a5b3be'],
      axis: '#a5b3be',
      grid: '#29343d',
      band: '#6cbcea2e',
      mark: '#f58a4b1f',
    },
    contribution: { towards: '#f58a4b', against: '#6cbcea' },
  },
};

const control: Scheme = {
  ...dark,
  background: '#040607',
  paper: '#0a0e11',
  text: '#b3bdc5',
  quiet: '#87949f',
  divider: '#1d252b',
  primary: '#7fa9bf',
  onPrimary: '#04131b',
  aas: {
    ...dark.aas,
    states: {
      ...dark.aas.states,
      fault: { text: '#ff9c69', fill: '#f0722b', onFill: '#1d0b00', tint: '#321707', edge: '#f0722b' },
      unknown: { text: '#d9aaec', fill: '#c08ad7', onFill: '#1c0b24', tint: '#20142a', edge: '#c08ad7' },
      blind: { text: '#f0ca50', fill: '#e3b928', onFill: '#1e1700', tint: '#241d06', edge: '#e3b928' },
      no_data: { text: '#98a5af', fill: '#7d8b96', onFill: '#05080a', tint: '#11171b', edge: '#55626c' },
      warming_up: { text: '#7fb0d6', fill: '#5b92bd', onFill: '#04131f', tint: '#0b1821', edge: '#3d6685' },
      normal: { text: '#7f9a93', fill: '#5b7a72', onFill: '#050b09', tint: '#0a0e11', edge: '#1d252b' },
    },
    chart: {
      series: ['#5f93ad', '#d97b45', '#4f9a83', '#a781b5', '#b59a3f', '#87949f'],
      axis: '#87949f',
      grid: '#161d22',
      band: '#5f93ad33',
      mark: '#f0722b1f',
    },
  },
};

const schemes: Record<ThemeName, Scheme> = { light, dark, control };

const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
export const mono = 'ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

export function makeTheme(name: ThemeName): Theme {
  const s = schemes[name];
  return createTheme({
    palette: {
      mode: s.dark ? 'dark' : 'light',
      background: { default: s.background, paper: s.paper },
      text: { primary: s.text, secondary: s.quiet },
      divider: s.divider,
      primary: { main: s.primary, contrastText: s.onPrimary },
      error: { main: s.error },
      warning: { main: s.warning },
      info: { main: s.info },
      success: { main: s.success },
      aas: s.aas,
    },
    shape: { borderRadius: 4 },
    spacing: 8,
    typography: {
      fontFamily: sans,
      fontSize: 14,
      h1: { fontSize: '1.25rem', fontWeight: 600, lineHeight: 1.3 },
      h2: { fontSize: '1rem', fontWeight: 600, lineHeight: 1.3 },
      h3: { fontSize: '0.875rem', fontWeight: 600, lineHeight: 1.3 },
      h4: { fontSize: '1.375rem', fontWeight: 600, lineHeight: 1.2, fontVariantNumeric: 'tabular-nums' },
      body1: { fontSize: '0.875rem', lineHeight: 1.45 },
      body2: { fontSize: '0.8125rem', lineHeight: 1.4 },
      caption: { fontSize: '0.75rem', lineHeight: 1.35 },
      button: { textTransform: 'none', fontWeight: 600 },
    },
    transitions: { create: () => 'none' },
    components: {
      MuiCssBaseline: {
        styleOverrides: {
          body: { fontVariantNumeric: 'tabular-nums' },
          a: { color: s.primary },
          ':focus-visible': { outline: `2px solid ${s.primary}`, outlineOffset: 2 },
          'h1:focus-visible': { outline: 'none' },
        },
      },
      MuiButtonBase: { defaultProps: { disableRipple: true, disableTouchRipple: true } },
      MuiButton: { defaultProps: { size: 'small', disableElevation: true } },
      MuiPaper: {
        defaultProps: { elevation: 0 },
        styleOverrides: { root: { backgroundImage: 'none' } },
      },
      MuiToggleButton: { styleOverrides: { root: { color: s.quiet, '&.Mui-selected': { color: s.text } } } },
      MuiTextField: { defaultProps: { size: 'small' } },
      MuiSelect: { defaultProps: { size: 'small' } },
      MuiTable: { defaultProps: { size: 'small' } },
      MuiTableCell: {
        styleOverrides: {
          root: { padding: '5px 10px', borderColor: s.divider },
          head: { color: s.quiet, fontWeight: 600, whiteSpace: 'nowrap', fontSize: '0.75rem' },
          body: { fontSize: '0.8125rem' },
        },
      },
      MuiAlert: { styleOverrides: { root: { padding: '2px 12px', fontSize: '0.8125rem' } } },
    },
  });
}
