import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { isMachineState, type MachineState, type SensorFilter, type SortOrder, sortOrders } from '../../lib/states';

/** The overview's filter lives in the address: it survives a reload and can be sent to a colleague. */
export function useOverviewFilter() {
  const [params, setParams] = useSearchParams();
  const states = params.get('state') ?? '';
  const text = params.get('find') ?? '';
  const order = params.get('sort') ?? '';

  const filter = useMemo<SensorFilter>(
    () => ({
      states: new Set(states.split(',').filter(isMachineState)),
      text,
      sort: order in sortOrders ? (order as SortOrder) : 'worst',
    }),
    [states, text, order],
  );

  const set = useCallback(
    (key: 'state' | 'find' | 'sort', value: string) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === '') after.delete(key);
          else after.set(key, value);
          return after;
        },
        { replace: true },
      ),
    [setParams],
  );

  const toggleState = useCallback(
    (state: MachineState) => {
      const next = new Set(filter.states);
      if (!next.delete(state)) next.add(state);
      set('state', [...next].join(','));
    },
    [filter.states, set],
  );

  const clear = useCallback(() => setParams({}, { replace: true }), [setParams]);
  return { filter, set, toggleState, clear };
}
