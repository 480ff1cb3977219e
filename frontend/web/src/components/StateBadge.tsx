import Box from '@mui/material/Box';
import type { SvgIconProps } from '@mui/material/SvgIcon';
import CheckCircleOutlined from '@mui/icons-material/CheckCircleOutlined';
import CloudOff from '@mui/icons-material/CloudOff';
import HelpOutlined from '@mui/icons-material/HelpOutlined';
import HourglassEmpty from '@mui/icons-material/HourglassEmpty';
import Report from '@mui/icons-material/Report';
import VisibilityOff from '@mui/icons-material/VisibilityOff';
import type { ComponentType } from 'react';
import { type MachineState, stateText } from '../lib/states';

const icons: Record<MachineState, ComponentType<SvgIconProps>> = {
  fault: Report,
  unknown: HelpOutlined,
  blind: VisibilityOff,
  no_data: CloudOff,
  warming_up: HourglassEmpty,
  normal: CheckCircleOutlined,
};

export function StateIcon({ state, ...props }: { state: MachineState } & SvgIconProps) {
  const Icon = icons[state];
  return <Icon fontSize="small" aria-hidden {...props} />;
}

/** A state by icon, word and colour. Filled where it must be seen from afar. */
export function StateBadge({ state, filled }: { state: MachineState; filled?: boolean }) {
  const solid = filled ?? state === 'fault';
  return (
    <Box
      component="span"
      title={stateText[state].meaning}
      sx={(theme) => {
        const colours = theme.palette.aas.states[state];
        return {
          ...theme.typography.caption,
          display: 'inline-flex',
          verticalAlign: 'middle',
          alignItems: 'center',
          gap: 0.5,
          px: solid ? 0.75 : 0,
          py: 0.125,
          borderRadius: 0.5,
          fontWeight: 600,
          whiteSpace: 'nowrap',
          color: solid ? colours.onFill : colours.text,
          backgroundColor: solid ? colours.fill : 'transparent',
        };
      }}
    >
      <StateIcon state={state} sx={{ width: 16, height: 16 }} />
      {stateText[state].name}
    </Box>
  );
}
