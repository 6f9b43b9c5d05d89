// The mappings that are shipped, by name; a gateway in the registry has one of them, or one of its own.

import { type Mapping, mappingSchema } from './mapping.ts'
import chirpstack from './mappings/chirpstack.json' with { type: 'json' }
import csvLine from './mappings/csv-line.json' with { type: 'json' }
import haStatestream from './mappings/ha-statestream.json' with { type: 'json' }
import shelly from './mappings/shelly.json' with { type: 'json' }
import sparkplug from './mappings/sparkplug.json' with { type: 'json' }
import tasmota from './mappings/tasmota.json' with { type: 'json' }
import zigbee2mqtt from './mappings/zigbee2mqtt.json' with { type: 'json' }

const SHIPPED: Readonly<Record<string, unknown>> = {
  ...{ chirpstack, 'csv-line': csvLine, 'ha-statestream': haStatestream, shelly, sparkplug, tasmota, zigbee2mqtt },
}
export const MAPPING_NAMES = Object.keys(SHIPPED)

const parsed = new Map<string, Mapping>()

/** Undefined where no mapping has this name. */
export function mappingNamed(name: string): Mapping | undefined {
  const known = parsed.get(name)
  if (known || !Object.hasOwn(SHIPPED, name)) return known
  const mapping = mappingSchema.parse(SHIPPED[name])
  parsed.set(name, mapping)
  return mapping
}
