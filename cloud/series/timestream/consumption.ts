// Stores consumption by meter and day in Timestream for LiveAnalytics: one record a meter-day, replaced under a higher
// version. A day whose register events exceed one text continues in further records.

import type { _Record as TimestreamRecord } from '@aws-sdk/client-timestream-write'
import { dayOf, dayStartMs } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import type { ConsumptionDay, ConsumptionStore } from '../../../functions/platform.ts'
import { withSums } from '../../../functions/settling/sum.ts'
import { parted } from '../../backoff.ts'
import { askable, quotedIds } from '../arrival.ts'
import { dayOfTexts, eventsText, hoursText, inOrderAsked } from '../row.ts'
import {
  openTimestreamTable,
  TIMESTREAM_METERS_PER_QUERY,
  type TimestreamTable,
  timestreamTimeBetween,
} from './wire.ts'

/** Timestream's limit of a text, in bytes; a text is never empty. */
const TEXT_MAX = 2_048
const NOTHING = '-'
const COLUMNS = 'meter, to_milliseconds(time), measure_name, hours, parts, events'

/** `now`: epoch milliseconds; of two writes of a day the later counts. */
export function openTimestreamConsumption(options: TimestreamTable & { now(): number }): ConsumptionStore {
  const table = openTimestreamTable(options)
  let lastVersion = 0
  return withSums({
    async put(days) {
      if (days.length === 0) return
      lastVersion = Math.max(options.now() * 1_000, lastVersion + 1)
      const common: TimestreamRecord = { MeasureValueType: 'MULTI', TimeUnit: 'MILLISECONDS', Version: lastVersion }
      // When a day is given twice, the last one counts: a request may hold a record only once.
      const last = new Map(days.map((day) => [`${day.meter} ${day.day}`, day]))
      const records = [...last.values()].flatMap(recordsOf)
      const refused = await table.replace(records, common)
      const [first] = refused
      if (first === undefined) return
      const { Dimensions, Time } = must(records[first.index])
      const what = `day ${dayOf(Number(Time))} of meter "${Dimensions?.[0]?.Value}"`
      throw new Error(`Timestream refuses ${refused.length} records of consumption, first ${what}: ${first.reason}`)
    },

    async get(meters, fromDay, toDay) {
      const found = new Map<string, FoundDay>()
      for (const part of fromDay < toDay ? parted(askable(meters), TIMESTREAM_METERS_PER_QUERY) : []) {
        const own = `WHERE meter IN (${quotedIds(part).join(', ')})`
        for await (const row of table.rows(
          COLUMNS,
          own + timestreamTimeBetween(dayStartMs(fromDay), dayStartMs(toDay)),
        ))
          addRow(found, row)
      }
      return inOrderAsked(meters, [...found.values()].map(dayOfParts))
    },
  })
}

const partName = (part: number): string => (part === 0 ? 'day' : `day${part}`)

function recordsOf(day: ConsumptionDay): TimestreamRecord[] {
  const events = eventsText(day).match(new RegExp(`.{1,${TEXT_MAX}}`, 'g')) ?? [NOTHING]
  return events.map((text, part) => ({
    Dimensions: [{ Name: 'meter', Value: day.meter }],
    MeasureName: partName(part),
    Time: String(dayStartMs(day.day)),
    MeasureValues: [
      { Name: 'hours', Type: 'VARCHAR', Value: part === 0 ? hoursText(day) : NOTHING },
      { Name: 'parts', Type: 'BIGINT', Value: String(events.length) },
      { Name: 'events', Type: 'VARCHAR', Value: text },
    ],
  }))
}

interface FoundDay {
  meter: string
  day: number
  hours: string
  /** Number of the day's records; an earlier version may have left more. */
  parts: number
  events: Map<string, string>
}

function addRow(found: Map<string, FoundDay>, [meter, startMs, name, hours, parts, events]: (string | null)[]): void {
  const day = dayOf(Number(startMs))
  const key = `${meter} ${day}`
  const known = found.get(key) ?? { meter: meter ?? '', day, hours: '', parts: 0, events: new Map() }
  found.set(key, known)
  known.events.set(name ?? '', events ?? '')
  if (name === partName(0)) Object.assign(known, { hours, parts: Number(parts) })
}

function dayOfParts({ meter, day, hours, parts, events }: FoundDay): ConsumptionDay {
  const texts = Array.from({ length: parts }, (_, part) => events.get(partName(part)) ?? '')
  const joined = texts.join('')
  return dayOfTexts(meter, day, { hours, events: joined === NOTHING ? '' : joined })
}
