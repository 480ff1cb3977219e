import type { Sensor, SensorPatch } from '../../api/queries';

export interface SensorDraft {
  name: string;
  type: string;
  status: Sensor['status'];
  site: string;
  line: string;
  machine: string;
}

export function draftOf(sensor: Sensor): SensorDraft {
  return {
    name: sensor.name ?? '',
    type: sensor.type ?? '',
    // whoever edits a new sensor confirms it, unless they say otherwise
    status: sensor.status === 'new' ? 'active' : sensor.status,
    site: sensor.asset?.site ?? '',
    line: sensor.asset?.line ?? '',
    machine: sensor.asset?.machine ?? '',
  };
}

/** What has to be sent: only what differs; null when nothing does. */
export function patchOf(sensor: Sensor, draft: SensorDraft): SensorPatch | null {
  const patch: SensorPatch = {};
  const name = draft.name.trim();
  const type = draft.type.trim();
  if (name !== '' && name !== (sensor.name ?? '')) patch.name = name;
  if (type !== '' && type !== (sensor.type ?? '')) patch.type = type;
  if (draft.status !== sensor.status) patch.status = draft.status;
  const places = (['site', 'line', 'machine'] as const).filter(
    (key) => draft[key].trim() !== (sensor.asset?.[key] ?? ''),
  );
  if (places.length > 0) {
    // the place goes as a whole: then it is right whether the server merges or replaces it
    patch.asset = {
      site: draft.site.trim() || null,
      line: draft.line.trim() || null,
      machine: draft.machine.trim() || null,
    };
  }
  return Object.keys(patch).length > 0 ? patch : null;
}

/** As in sensor_patch.schema.json. */
export const typePattern = /^[A-Za-z0-9_.:-]{0,64}$/;
