import { Lines, PredictionLine } from '../../components/PredictionList';
import type { Run } from '../../lib/live/runs';
import { useNow } from '../../lib/now';
import { formatDateTime, formatMoment } from '../../lib/time';

/** The newest predictions, a line per change: since when a machine is judged so, and how often in a row. */
export function RunList({ runs, nameOf }: { runs: Run[]; nameOf: (sensorId: string) => string }) {
  const now = useNow();
  return (
    <Lines label="Newest predictions">
      {runs.map((run) => (
        <PredictionLine
          key={`${run.prediction.sensor_id} ${run.since}`}
          prediction={run.prediction}
          name={nameOf(run.prediction.sensor_id)}
        >
          <span title={`${run.count} in a row since ${formatDateTime(run.since)}`}>{formatMoment(run.since, now)}</span>
        </PredictionLine>
      ))}
    </Lines>
  );
}
