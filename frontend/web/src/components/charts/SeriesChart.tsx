import { useCallback } from 'react';
import type uPlot from 'uplot';
import type { Theme } from '@mui/material/styles';
import type { Series } from '../../api/queries';
import { chartPadding, paddedRange, Plot, themedAxes } from './Plot';

interface SeriesChartProps {
  series: Series;
  channel: string;
  label: string;
  height: number;
  colour?: number;
  from?: number;
  to?: number;
  /** A span that is shaded: the window of a prediction. */
  mark?: { start: number; end: number } | null;
}

/** Stored readings of one channel: a line where they are raw, else the mean within its band of minimum and maximum. */
export function SeriesChart({ series, channel, label, height, colour = 0, from, to, mark }: SeriesChartProps) {
  const values = series.channels[channel];
  const thinned = values !== undefined && !Array.isArray(values);
  const start = mark?.start;
  const end = mark?.end;

  const options = useCallback(
    (theme: Theme): Omit<uPlot.Options, 'width' | 'height'> => {
      const { chart } = theme.palette.aas;
      const stroke = chart.series[colour % chart.series.length] ?? theme.palette.text.primary;
      const line = { stroke, width: 1.25, points: { show: false }, spanGaps: false };
      const edge = { ...line, stroke: 'transparent', width: 0 };
      return {
        pxAlign: false,
        cursor: { points: { show: false }, drag: { x: false, y: false } },
        legend: { show: false },
        padding: chartPadding,
        axes: themedAxes(theme),
        scales: {
          x: { time: true, ...(from !== undefined && to !== undefined ? { range: [from / 1000, to / 1000] } : {}) },
          y: { range: paddedRange },
        },
        series: thinned ? [{}, edge, edge, line] : [{}, line],
        ...(thinned ? { bands: [{ series: [1, 2], fill: `${stroke}33` }] } : {}),
        hooks: { drawClear: [(plot) => shade(plot, chart.mark, start, end)] },
      };
    },
    [colour, thinned, from, to, start, end],
  );

  const feed = useCallback(
    (plot: uPlot) => {
      const x = series.t.map((t) => t / 1000);
      const columns =
        values === undefined
          ? [x.map(() => null)]
          : Array.isArray(values)
            ? [values]
            : [values.max, values.min, values.mean];
      plot.setData([x, ...columns] as uPlot.AlignedData);
      return undefined;
    },
    [series, values],
  );

  return <Plot label={label} height={height} options={options} feed={feed} />;
}

function shade(plot: uPlot, colour: string, start: number | undefined, end: number | undefined): void {
  if (start === undefined || end === undefined) return;
  const left = Math.max(plot.valToPos(start / 1000, 'x', true), plot.bbox.left);
  const right = Math.min(plot.valToPos(end / 1000, 'x', true), plot.bbox.left + plot.bbox.width);
  if (!(right > left)) return;
  plot.ctx.save();
  plot.ctx.fillStyle = colour;
  plot.ctx.fillRect(left, plot.bbox.top, right - left, plot.bbox.height);
  plot.ctx.restore();
}
