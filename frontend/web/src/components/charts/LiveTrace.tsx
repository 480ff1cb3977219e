import { useCallback } from 'react';
import type uPlot from 'uplot';
import type { Theme } from '@mui/material/styles';
import { useLive, useTraces } from '../../lib/live/context';
import type { LiveState } from '../../lib/live/reducer';
import { useBackfill } from '../../lib/live/useBackfill';
import { onRedraw } from '../../lib/redraw';
import { chartPadding, paddedRange, Plot, themedAxes } from './Plot';

interface LiveTraceProps {
  sensorId: string;
  channel: string;
  seconds: number;
  height: number;
  label: string;
  /** A line without axes, redrawn half as often. */
  spark?: boolean;
  series?: number;
}

/** A hole of this length breaks the line. */
const gapMs = 3_000;
const offset = (state: LiveState): number => state.clockOffsetMs;

/** One channel, live. The time axis follows the clock, not the data: where data stops, the line moves away from the edge. */
export function LiveTrace({ sensorId, channel, seconds, height, label, spark = false, series = 0 }: LiveTraceProps) {
  const traces = useTraces();
  const clockOffset = useLive(offset);
  useBackfill(sensorId, seconds);

  const options = useCallback(
    (theme: Theme): Omit<uPlot.Options, 'width' | 'height'> => {
      const colours = theme.palette.aas.chart.series;
      return {
        pxAlign: false,
        cursor: { show: !spark, points: { show: false }, drag: { x: false, y: false } },
        legend: { show: false },
        padding: spark ? [2, 0, 2, 0] : chartPadding,
        axes: spark ? [{ show: false }, { show: false }] : themedAxes(theme, { compact: true }),
        scales: { x: { time: true, auto: false }, y: { range: paddedRange } },
        series: [
          {},
          {
            stroke: colours[series % colours.length] ?? theme.palette.text.primary,
            width: 1.25,
            points: { show: false },
          },
        ],
      };
    },
    [spark, series],
  );

  const feed = useCallback(
    (plot: uPlot) => {
      const draw = () => {
        const now = Date.now() + clockOffset;
        const trace = traces.get(sensorId);
        const from = now - seconds * 1000;
        const data = trace ? trace.aligned([channel], from, gapMs) : [[], []];
        plot.batch(() => {
          plot.setData(data as uPlot.AlignedData, false);
          plot.setScale('x', { min: from / 1000, max: now / 1000 });
        });
      };
      draw();
      return onRedraw(draw, spark ? 2 : 1);
    },
    [traces, sensorId, channel, seconds, clockOffset, spark],
  );

  return <Plot label={label} height={height} options={options} feed={feed} />;
}
