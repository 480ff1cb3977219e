/* Predictions as people follow them: a line per change, not a line per window. Ten machines judged once a second would else
 * push what matters off the screen within seconds. */
import type { Prediction } from '../../api/queries';

/** Predictions of one sensor in a row that say the same. */
export interface Run {
  /** The newest of them. */
  prediction: Prediction;
  /** Window end of the first one that was seen. */
  since: number;
  count: number;
  /** The first explanation given: it stays while the judgement stays. */
  explanation: Prediction['explanation'];
}

export const runsKept = 50;

const same = (a: Prediction, b: Prediction): boolean => a.state === b.state && a.label === b.label;

/** Runs, the latest change first, after one more prediction. One that is older than its sensor's newest changes nothing. */
export function addToRuns(runs: Run[], prediction: Prediction): Run[] {
  const index = runs.findIndex((run) => run.prediction.sensor_id === prediction.sensor_id);
  const current = runs[index];
  if (current && prediction.at <= current.prediction.at) return runs;
  if (current && same(current.prediction, prediction)) {
    const next = [...runs];
    next[index] = {
      prediction,
      since: current.since,
      count: current.count + 1,
      explanation: current.explanation?.length ? current.explanation : (prediction.explanation ?? null),
    };
    return next;
  }
  const run: Run = { prediction, since: prediction.at, count: 1, explanation: prediction.explanation ?? null };
  return [run, ...runs].slice(0, runsKept);
}

/** What a snapshot's predictions add to the runs. */
export function addAllToRuns(runs: Run[], predictions: Prediction[]): Run[] {
  return [...predictions].sort((a, b) => a.at - b.at).reduce(addToRuns, runs);
}
