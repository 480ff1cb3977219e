import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useApi } from '../../api/context';
import { type Alarm, alarmsQuery } from '../../api/queries';
import { PageHeader } from '../../components/PageHeader';
import { Empty, QueryView } from '../../components/states';
import { useLive } from '../../lib/live/context';
import type { LiveState } from '../../lib/live/reducer';
import { arrangeAlarms } from '../../lib/alarms';
import { AlarmTable } from './AlarmTable';

const liveAlarms = (state: LiveState) => state.alarms;

export default function AlarmsPage() {
  const [which, setWhich] = useState<'open' | 'all'>('open');
  const query = useQuery(alarmsQuery(useApi(), which));
  return (
    <>
      <PageHeader title="Alarms">
        <ToggleButtonGroup
          size="small"
          exclusive
          aria-label="Which alarms"
          value={which}
          onChange={(_event, value: 'open' | 'all' | null) => value && setWhich(value)}
        >
          <ToggleButton value="open" sx={{ py: 0.25 }}>
            Open
          </ToggleButton>
          <ToggleButton value="all" sx={{ py: 0.25 }}>
            All
          </ToggleButton>
        </ToggleButtonGroup>
      </PageHeader>
      <QueryView query={query} what="Alarms">
        {(list) =>
          list === null ? (
            <Empty title="This server keeps no alarms yet." />
          ) : (
            <Arranged listed={list.items} openOnly={which === 'open'} />
          )
        }
      </QueryView>
    </>
  );
}

function Arranged({ listed, openOnly }: { listed: Alarm[]; openOnly: boolean }) {
  const live = useLive(liveAlarms);
  const alarms = useMemo(() => arrangeAlarms(listed, live, openOnly), [listed, live, openOnly]);
  if (alarms.length === 0) return <Empty title={openOnly ? 'No open alarm.' : 'No alarm has been raised.'} />;
  return <AlarmTable alarms={alarms} />;
}
