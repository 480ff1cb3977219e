import Box from '@mui/material/Box';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { useApi } from '../../api/context';
import { modelsQuery } from '../../api/queries';
import { PageHeader } from '../../components/PageHeader';
import { SubNav } from '../../components/SubNav';
import { ModelsPanel } from './ModelsPanel';
import { SensorsPanel } from './SensorsPanel';
import { StatusPanel } from './StatusPanel';

const names = { status: 'System status', sensors: 'Sensors', models: 'Models' } as const;
type TabName = keyof typeof names;

export default function SettingsPage() {
  const { tab } = useParams();
  const models = useQuery(modelsQuery(useApi()));
  // hidden only where the server has said that it has none
  const tabs = (Object.keys(names) as TabName[]).filter((name) => name !== 'models' || models.data !== null);
  const chosen = tabs.find((name) => name === tab) ?? 'status';
  return (
    <>
      <PageHeader title="Settings" />
      <SubNav
        underline
        label="Settings"
        pages={tabs.map((name) => ({
          to: name === 'status' ? '/settings' : `/settings/${name}`,
          name: names[name],
          end: true,
        }))}
      />
      <Box>
        {chosen === 'status' && <StatusPanel />}
        {chosen === 'sensors' && <SensorsPanel />}
        {chosen === 'models' && <ModelsPanel query={models} />}
      </Box>
    </>
  );
}
