import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { type KeyboardEvent, useId, useState } from 'react';
import type { PredictionFilter } from '../../api/queries';
import { machineStates, stateText } from '../../lib/states';
import { fromLocalInput, toLocalInput } from '../../lib/time';
import type { FilterKey } from './filter';

interface FilterBarProps {
  filter: PredictionFilter;
  set: (key: FilterKey, value: string) => void;
  clear: () => void;
  sensorIds: string[];
  labels: string[];
}

/** A field that acts when it is left or Enter is pressed: a request per letter helps nobody. */
function LazyField(props: {
  label: string;
  value: string;
  commit: (value: string) => void;
  type?: string;
  options?: string[];
  step?: string;
  wide?: boolean;
}) {
  const { label, value, commit, type = 'text', options, step, wide } = props;
  const [draft, setDraft] = useState(value);
  const [shown, setShown] = useState(value);
  const list = useId();
  if (shown !== value) {
    setShown(value);
    setDraft(value);
  }
  const done = () => draft !== value && commit(draft);
  return (
    <>
      <TextField
        label={label}
        type={type}
        sx={wide ? { gridColumn: { xs: '1 / -1', sm: 'span 2' } } : {}}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={done}
        onKeyDown={(event: KeyboardEvent) => event.key === 'Enter' && done()}
        slotProps={{
          inputLabel: type === 'datetime-local' ? { shrink: true } : {},
          htmlInput: {
            ...(options ? { list } : {}),
            ...(step ? { step } : {}),
            ...(type === 'number' ? { min: 0, max: 100 } : {}),
          },
        }}
      />
      {options && (
        <datalist id={list}>
          {options.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </>
  );
}

export function FilterBar({ filter, set, clear, sensorIds, labels }: FilterBarProps) {
  const [open, setOpen] = useState(false);
  const time = (key: 'from' | 'to') => (text: string) => set(key, String(fromLocalInput(text) ?? ''));
  const confidence = filter.min_confidence;
  const share = (text: string): string => {
    const pct = Number(text);
    return text === '' || !Number.isFinite(pct) ? '' : String(Math.min(100, Math.max(0, pct)) / 100);
  };
  const active = Object.keys(filter).length;
  return (
    <>
      <Button
        variant="outlined"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        sx={{ display: { xs: 'inline-flex', sm: 'none' }, mb: 1.5 }}
      >
        {active > 0 ? `Filter (${active})` : 'Filter'}
      </Button>
      <Box
        role="search"
        aria-label="Filter predictions"
        sx={{
          // on a phone the list matters more than its filter
          display: { xs: open ? 'grid' : 'none', sm: 'grid' },
          gap: 1,
          mb: 1.5,
          gridTemplateColumns: { xs: 'repeat(2, minmax(0, 1fr))', sm: 'repeat(auto-fill, minmax(140px, 1fr))' },
          alignItems: 'center',
        }}
      >
        <LazyField
          label="Sensor"
          value={filter.sensor_id ?? ''}
          options={sensorIds}
          commit={(v) => set('sensor_id', v.trim())}
        />
        <TextField
          select
          label="State"
          value={filter.state ?? ''}
          onChange={(event) => set('state', event.target.value)}
          slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
        >
          <MenuItem value="">Any</MenuItem>
          {machineStates
            .filter((state) => state !== 'no_data')
            .map((state) => (
              <MenuItem key={state} value={state}>
                {stateText[state].name}
              </MenuItem>
            ))}
        </TextField>
        <LazyField label="Label" value={filter.label ?? ''} options={labels} commit={(v) => set('label', v.trim())} />
        <LazyField label="Model" value={filter.model ?? ''} commit={(v) => set('model', v.trim())} />
        <LazyField
          label="Confidence from %"
          type="number"
          value={confidence === undefined ? '' : String(Math.round(confidence * 1000) / 10)}
          commit={(v) => set('min_confidence', share(v))}
        />
        <LazyField
          label="From"
          wide
          type="datetime-local"
          step="1"
          value={toLocalInput(filter.from ?? null)}
          commit={time('from')}
        />
        <LazyField
          label="To"
          wide
          type="datetime-local"
          step="1"
          value={toLocalInput(filter.to ?? null)}
          commit={time('to')}
        />
        <Button onClick={clear} disabled={active === 0} sx={{ justifySelf: 'start' }}>
          Clear filter
        </Button>
      </Box>
    </>
  );
}
