import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import { StateIcon } from '../../components/StateBadge';
import { type MachineState, machineStates, stateText } from '../../lib/states';

interface StateFilterProps {
  counts: Record<MachineState, number>;
  chosen: ReadonlySet<MachineState>;
  toggle: (state: MachineState) => void;
}

/** How many machines are in each state; a press shows only those. */
export function StateFilter({ counts, chosen, toggle }: StateFilterProps) {
  return (
    <Box
      role="group"
      aria-label="Machines by state"
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: 'repeat(3, minmax(0, 1fr))', md: 'repeat(6, minmax(0, 1fr))' },
        gap: 1,
        mb: 1,
      }}
    >
      {machineStates.map((state) => {
        const count = counts[state];
        const loud = count > 0 && state !== 'normal';
        return (
          <ButtonBase
            key={state}
            aria-pressed={chosen.has(state)}
            title={stateText[state].meaning}
            onClick={() => toggle(state)}
            sx={(theme) => {
              const colours = theme.palette.aas.states[state];
              const filled = loud && state === 'fault';
              return {
                justifyContent: 'flex-start',
                columnGap: 1,
                flexWrap: { xs: 'wrap', sm: 'nowrap' },
                px: { xs: 0.75, sm: 1.25 },
                py: 0.75,
                minWidth: 0,
                borderRadius: 0.5,
                border: `1px solid ${loud ? colours.edge : theme.palette.divider}`,
                backgroundColor: filled ? colours.fill : loud ? colours.tint : theme.palette.background.paper,
                color: filled ? colours.onFill : count > 0 ? colours.text : theme.palette.text.secondary,
                '&[aria-pressed="true"]': { outline: `2px solid ${theme.palette.text.primary}`, outlineOffset: 0 },
              };
            }}
          >
            <StateIcon state={state} />
            <Box component="span" sx={(theme) => theme.typography.h4}>
              {count}
            </Box>
            <Box
              component="span"
              sx={(theme) => ({
                ...theme.typography.caption,
                fontWeight: 600,
                textAlign: 'left',
                width: { xs: '100%', sm: 'auto' },
              })}
            >
              {stateText[state].name}
            </Box>
          </ButtonBase>
        );
      })}
    </Box>
  );
}
