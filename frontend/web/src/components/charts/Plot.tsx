/* The only place that makes uPlot objects. */
import Box from '@mui/material/Box';
import { useTheme, type Theme } from '@mui/material/styles';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface PlotProps {
  /** What a screen reader says instead of the canvas. */
  label: string;
  height: number;
  /** Made anew when this function changes: memoize it. */
  options: (theme: Theme) => Omit<uPlot.Options, 'width' | 'height'>;
  /** Fills the chart; returns what ends it. Memoize it. */
  feed: (plot: uPlot) => (() => void) | undefined;
}

export function Plot({ label, height, options, feed }: PlotProps) {
  const theme = useTheme();
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const width = () => Math.max(element.clientWidth, 40);
    const plot = new uPlot({ ...options(theme), width: width(), height }, [[]], element);
    const stop = feed(plot);
    const resize = new ResizeObserver(() => {
      if (plot.width !== width()) plot.setSize({ width: width(), height });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      stop?.();
      plot.destroy();
    };
  }, [options, feed, theme, height]);

  return <Box ref={box} role="img" aria-label={label} sx={{ height, minWidth: 0, overflow: 'hidden' }} />;
}

const pad = (n: number): string => String(n).padStart(2, '0');

/** Axis labels: seconds only where ticks are nearer than a minute. */
const timeLabels: uPlot.Axis.DynamicValues = (_plot, splits, _axis, _space, increment) =>
  splits.map((s) => {
    const d = new Date(s * 1000);
    const clock = `${pad(d.getHours())}:${pad(d.getMinutes())}`;
    if (increment < 60) return `${clock}:${pad(d.getSeconds())}`;
    return increment >= 86_400 ? `${pad(d.getMonth() + 1)}-${pad(d.getDate())}` : clock;
  });

/** Plain numbers: a comma would be a decimal point to half of the world. */
const numberLabels: uPlot.Axis.DynamicValues = (_plot, splits) => splits.map((v) => String(Number(v.toPrecision(6))));

/** Room on the right for half of the last time label. */
export const chartPadding: uPlot.Padding = [6, 28, 0, 0];

/** Axes in the theme's colours. */
export function themedAxes(theme: Theme, options: { compact?: boolean } = {}): uPlot.Axis[] {
  const { axis, grid } = theme.palette.aas.chart;
  const font = `11px ${theme.typography.fontFamily ?? 'sans-serif'}`;
  const common = { stroke: axis, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 }, font };
  return [
    { ...common, space: options.compact ? 80 : 64, size: 24, values: timeLabels },
    { ...common, space: 18, size: 46, values: numberLabels },
  ];
}

/** A range that never collapses and leaves a little air. */
export const paddedRange: uPlot.Range.Function = (_plot, min, max) => {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const span = Math.max(max - min, Math.abs(max) * 0.02, 1e-6);
  return [min - span * 0.1, max + span * 0.1];
};
