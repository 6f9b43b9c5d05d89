// Stores consumption by meter and day in InfluxDB: one point a meter-day, which a later point at its time replaces,
// field by field.

import { dayOf, dayStartMs } from '../../../domain/calendar.ts'
import { must } from '../../../domain/must.ts'
import type { ConsumptionDay, ConsumptionStore } from '../../../functions/platform.ts'
import { withSums } from '../../../functions/settling/sum.ts'
import { parted } from '../../backoff.ts'
import { askable, isMeterId, quotedIds } from '../arrival.ts'
import { dayOfTexts, eventsText, hoursText, inOrderAsked } from '../row.ts'
import { INFLUX_METERS_PER_QUERY, type InfluxDatabase, influxTimeBetween, ofMeters, openInflux } from './wire.ts'

const NS_PER_MS = 1_000_000n

export function openInfluxConsumption(options: InfluxDatabase): ConsumptionStore {
  const influx = openInflux(options)
  return withSums({
    async put(days) {
      // When a day is given twice, the last one counts, in whatever order the server applies the lines of a batch.
      const last = [...new Map(days.map((day) => [`${day.meter} ${day.day}`, day])).values()]
      const refused = await influx.write(last.map(lineOf))
      const [first] = refused
      if (first === undefined) return
      const { meter, day } = must(last[first.index])
      throw new Error(
        `InfluxDB refuses ${refused.length} days of consumption, first day ${day} of meter "${meter}": ${first.reason}`,
      )
    },

    async get(meters, fromDay, toDay) {
      const days: ConsumptionDay[] = []
      for (const part of fromDay < toDay ? parted(askable(meters), INFLUX_METERS_PER_QUERY) : []) {
        const where = `WHERE ${ofMeters(quotedIds(part))} AND ${influxTimeBetween(dayStartMs(fromDay), dayStartMs(toDay))}`
        for await (const { tags, values } of influx.query(`SELECT hours, events FROM days ${where} GROUP BY meter`))
          for (const [startMs, hours, events] of values)
            days.push(
              dayOfTexts(must(tags.meter), dayOf(Number(startMs)), { hours: String(hours), events: String(events) }),
            )
      }
      return inOrderAsked(meters, days)
    },
  })
}

/**
 * Base64 needs no escaping in the line protocol. Both fields are always written, since an omitted one would keep its
 * old value.
 */
function lineOf(day: ConsumptionDay): string {
  if (!isMeterId(day.meter)) throw new RangeError(`"${day.meter}" is no meter id`)
  const ns = BigInt(dayStartMs(day.day)) * NS_PER_MS
  return `days,meter=${day.meter} hours="${hoursText(day)}",events="${eventsText(day)}" ${ns}`
}
