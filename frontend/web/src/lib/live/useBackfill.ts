import { useQuery } from '@tanstack/react-query';
import { useApi } from '../../api/context';
import { unwrap } from '../../api/problem';
import { useTraces } from './context';

/** Fills a sensor's trace with what is stored of the last moments: a chart should not have to grow before it says
 *  anything. Without an answer it grows from now on. */
export function useBackfill(sensorId: string, seconds: number): void {
  const api = useApi();
  const traces = useTraces();
  useQuery({
    queryKey: ['backfill', sensorId],
    queryFn: async () => {
      const query = { from: Date.now() - seconds * 1000, to: Date.now(), resolution: '1s' };
      traces.backfill(
        await unwrap(api.client.GET('/sensors/{id}/readings', { params: { path: { id: sensorId }, query } })),
      );
      return true;
    },
    staleTime: 10_000, // whoever comes back to the page later has missed something
    retry: false,
    refetchOnWindowFocus: false,
  });
}
