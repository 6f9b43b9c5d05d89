// Detects silent gateways (`gatewayOffline`) and silent meters whose gateway still delivers readings of other meters
// (`meterSilent`). Value of both: the number of missed intervals.

import { MINUTE_MS } from '../../calendar.ts'
import { must } from '../../must.ts'
import { clockTime, duration } from '../../phrase.ts'
import { type Asked, type Detected, judged, type Limits, unjudged } from '../finding.ts'
import { DAY, defaultsOf, type Given, type KindDefinition, type KindText, METERING_DUTY, OWN_RULE } from '../kind.ts'
import { knownCurve } from './curves.ts'
import { meterSeries } from './paths.ts'

interface SilenceFacts {
  /** The last reading; of a meter that never had one, since when it is waited for. */
  lastMs: number
  hasNone?: true
  minutes: number
  everyMinutes: number
  /** Expected time between uploads of the gateway; absent of a meter, and when it is not known. */
  uploadMinutes?: number
}

const text: KindText<SilenceFacts> = {
  measured: ({ facts: { lastMs, minutes, hasNone } }) =>
    hasNone
      ? {
          zh: `从未有读数，自 ${clockTime(lastMs)} 起已等待 ${duration(minutes).zh}`,
          en: `no reading yet, waited for since ${clockTime(lastMs)}, ${duration(minutes).en}`,
        }
      : {
          zh: `已 ${duration(minutes).zh}无数据，最后一次 ${clockTime(lastMs)}`,
          en: `nothing heard for ${duration(minutes).en}, last at ${clockTime(lastMs)}`,
        },
  against({ facts: { everyMinutes, uploadMinutes = 0 }, limits }) {
    const limit = duration(patienceMinutes(limits, { everyMinutes, uploadMinutes }))
    const every = duration(everyMinutes)
    const isSlow = uploadMinutes > everyMinutes
    return {
      zh: `限值 ${limit.zh}（每 ${every.zh}一次${isSlow ? `，约 ${duration(uploadMinutes).zh}上报一次` : ''}）`,
      en: `limit ${limit.en} (one every ${every.en}${isSlow ? `, sent about every ${duration(uploadMinutes).en}` : ''})`,
    }
  },
}

export const gatewayOffline: KindDefinition<SilenceFacts, 'silence'> = {
  group: 'silence',
  rule: {
    subjects: ['gateway'],
    severity: 'major',
    name: { zh: '网关离线', en: 'Gateway offline' },
    unit: 'intervals',
    defaults: defaultsOf({
      raise: 4,
      clear: 2,
      reopenWithin: DAY,
      escalateAfter: DAY,
      parameters: { minutesMin: 30, uploadsMin: 1.5 },
    }),
    reason:
      'Four readings missed, and half an hour at least: a restart or a lost packet is no outage. A gateway that sends seldom is late by half of its usual time first.',
    clause: OWN_RULE,
  },
  text,
  detect({ gateway, meters, lastMs, uploadMinutes, listeningSinceMs }, { ask, nowMs }) {
    const asked = ask({ type: 'gateway', id: gateway }, must(meters[0]).institution)
    const everyMinutes = Math.min(...meters.map(({ intervalMinutes }) => intervalMinutes))
    // After a stop of our own, a gateway gets the same time to report again as it has before it counts as silent.
    const patienceMs = patienceMinutes(asked.limits, { everyMinutes, uploadMinutes }) * MINUTE_MS
    const isEarly = lastMs < listeningSinceMs && nowMs - listeningSinceMs < patienceMs
    return [isEarly ? unjudged(asked) : gatewaySilence(asked, { lastMs, everyMinutes, uploadMinutes })]
  },
  evidence: {
    paths: ({ subject }) => [`/api/v1/rejections?gateway=${encodeURIComponent(subject.id)}`],
    ratio: () => null,
    chain: () => null,
  },
  checks: [
    { zh: '网关是否有电，指示灯是否正常', en: 'has the gateway power, and what do its lights say' },
    {
      zh: '网络是否可用：SIM 卡流量与信号、网线、防火墙',
      en: 'does its network work: data plan and signal of the SIM card, cable, firewall',
    },
    {
      zh: '在“接入”页查看拒收原因与凭据；若已停用，请从名录中移除',
      en: 'see refusals and credentials on the page Connection; remove it from the registry if it is out of use',
    },
  ],
  curve: (given) => knownCurve(given, given.meters),
}

export const meterSilent: KindDefinition<SilenceFacts, 'silence'> = {
  group: 'silence',
  rule: {
    subjects: ['meter'],
    severity: 'minor',
    name: { zh: '表计无数据', en: 'Meter silent' },
    unit: 'intervals',
    defaults: defaultsOf({
      raise: 8,
      clear: 2,
      reopenWithin: DAY,
      escalateAfter: 3 * DAY,
      parameters: { minutesMin: 120 },
    }),
    reason: 'Twice the patience shown to a gateway, so that a dead gateway is known before its meters are looked at.',
    clause: METERING_DUTY,
  },
  text,
  detect(given, { ask, nowMs }) {
    const gatewayHeardMs = latestReadingMs(given, nowMs)
    return given.meters.map(({ id, institution, intervalMinutes: everyMinutes }) => {
      const asked = ask({ type: 'meter', id }, institution)
      const lastMs = given.lastReadingMs(id) ?? null
      if (lastMs !== null) return meterSilence(asked, { lastMs, everyMinutes, gatewayHeardMs })
      const untilMs = Math.min(asked.asOfMs, given.lastMs)
      const { value, facts } = silence(asked, { lastMs: given.waitedSinceMs(id), untilMs, everyMinutes })
      return judged(asked, { value, facts: { ...facts, hasNone: true } })
    })
  },
  evidence: { paths: meterSeries, ratio: () => null, chain: () => null },
  checks: [
    { zh: '表计是否有电，通信接线是否松脱', en: 'has the meter power, and is its bus cable loose' },
    {
      zh: '表计地址、波特率和规约是否与网关配置一致，是否换过表',
      en: 'do address, speed and protocol match the configuration of the gateway; was the meter replaced',
    },
    {
      zh: '在“接入”页查看该表的读数是否被拒收及原因',
      en: 'see on the page Connection whether its readings are refused, and why',
    },
  ],
  curve: (given) =>
    knownCurve(
      given,
      given.meters.filter(({ id }) => id === given.subject.id),
    ),
}

/**
 * `everyMinutes`: expected interval of readings, the shortest one of the gateway's meters. `uploadMinutes`: of uploads;
 * 0 when not known.
 */
export const gatewaySilence = (
  asked: Asked,
  { uploadMinutes, ...heard }: { lastMs: number; everyMinutes: number; uploadMinutes: number },
): Detected<SilenceFacts> => {
  const { value, facts } = silence(asked, { ...heard, uploadMinutes, untilMs: asked.asOfMs })
  return judged(asked, { value, facts: uploadMinutes > 0 ? { ...facts, uploadMinutes } : facts })
}

/**
 * Silence counts up to `gatewayHeardMs`, the latest reading of the gateway's meters, so that a failed gateway does not
 * raise alerts of its forty meters as well. Unjudged without any reading.
 */
export function meterSilence(
  asked: Asked,
  heard: { lastMs: number | null; everyMinutes: number; gatewayHeardMs: number | null },
): Detected<SilenceFacts> {
  const { lastMs, everyMinutes, gatewayHeardMs } = heard
  if (lastMs === null || gatewayHeardMs === null) return unjudged(asked)
  const untilMs = Math.min(asked.asOfMs, gatewayHeardMs)
  return judged(asked, silence(asked, { lastMs, untilMs, everyMinutes }))
}

function silence(
  { limits }: Asked,
  given: { lastMs: number; untilMs: number; everyMinutes: number; uploadMinutes?: number },
) {
  const { lastMs, untilMs, everyMinutes, uploadMinutes = 0 } = given
  const minutes = Math.max(0, (untilMs - lastMs) / MINUTE_MS)
  const missed = minutes / everyMinutes
  // Below this time the value stays at most `raise`, so nothing is raised, whatever the interval.
  const value = minutes <= leastMinutes(limits, uploadMinutes) ? Math.min(missed, limits.raise) : missed
  return { value, facts: { lastMs, minutes, everyMinutes } }
}

/**
 * Time of the latest reading of a gateway's meters. The time of its last message would be wrong: a gateway that sends
 * readings buffered during an outage is heard now, while the readings are old.
 */
function latestReadingMs({ meters, lastReadingMs }: Given['silence'], nowMs: number): number | null {
  const lastMs = Math.max(...meters.map(({ id }) => lastReadingMs(id) ?? Number.NEGATIVE_INFINITY))
  return Number.isFinite(lastMs) ? Math.min(lastMs, nowMs) : null
}

const leastMinutes = ({ parameters: { minutesMin = 0, uploadsMin = 0 } }: Limits, uploadMinutes: number): number =>
  Math.max(minutesMin, uploadsMin * uploadMinutes)

const patienceMinutes = (
  limits: Limits,
  { everyMinutes, uploadMinutes }: { everyMinutes: number; uploadMinutes: number },
): number => Math.max(leastMinutes(limits, uploadMinutes), limits.raise * everyMinutes)
