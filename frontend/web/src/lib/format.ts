/* Numbers, units and labels as people read them. A number and its unit never part at the end of a line. */

const nbsp = '\u00a0';

const units: Record<string, string> = {
  degC: '°C',
  degF: '°F',
  m3h: 'm³/h',
  'm3/h': 'm³/h',
  'm/s2': 'm/s²',
  '1/min': 'rpm',
};

export function formatUnit(unit: string | null | undefined): string {
  return unit ? (units[unit] ?? unit) : '';
}

/** Four significant digits at most; a dash for what is not known, which is never 0. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const abs = Math.abs(value);
  if (abs !== 0 && (abs >= 1e7 || abs < 1e-4)) return value.toExponential(2);
  const digits = abs >= 1000 ? 0 : abs >= 100 ? 1 : abs >= 1 ? 2 : 3;
  return value.toFixed(digits);
}

export function formatValue(value: number | null | undefined, unit?: string | null): string {
  const text = formatNumber(value);
  return text === '–' || !unit ? text : `${text}${nbsp}${formatUnit(unit)}`;
}

/** 0.973 → 97.3 %. Never rounds up to a certainty that is not there. */
export function formatPercent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return '–';
  const pct = share * 100;
  if (pct > 99.9 && pct < 100) return `>99.9${nbsp}%`;
  if (pct > 0 && pct < 0.1) return `<0.1${nbsp}%`;
  return `${pct.toFixed(1)}${nbsp}%`;
}

/** A contribution with its sign: +1.90, −0.12 */
export function formatSigned(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const text = Math.abs(value).toFixed(2);
  return `${value < 0 ? '−' : '+'}${text}`;
}

export function formatCount(n: number | null | undefined): string {
  return n === null || n === undefined ? '–' : n.toLocaleString('en').replaceAll(',', nbsp);
}

/** bearing_wear → Bearing wear */
export function humanLabel(label: string | null | undefined): string {
  if (!label) return '–';
  const text = label.replaceAll(/[_-]+/g, ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** vibration_x → vibration x */
export function humanChannel(name: string): string {
  return name.replaceAll('_', ' ');
}
