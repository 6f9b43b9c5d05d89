// Computes the PUE of an institution's data centre over the last week. Value: the PUE.

import { dayOf, dayStartMs, HOUR_MS } from '../../calendar.ts'
import { figure } from '../../phrase.ts'
import type { MeterHours } from '../../registry/meter-tree.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import { type CurveGiven, DAY, defaultsOf, type KindCurve, type KindDefinition } from '../kind.ts'
import { dayTotal, lastDays, lossByHour, runStart } from './curves.ts'
import { amountAt, KNOWN_SHARE_MIN, sumOf } from './hours.ts'
import { institutionPath, meterSeries } from './paths.ts'

interface PueFacts {
  totalKwh: number
  itKwh: number
}

const PUE_DAYS = 7

export const pueOverLimit: KindDefinition<PueFacts, 'hours'> = {
  group: 'hours',
  rule: {
    subjects: ['institution'],
    severity: 'major',
    name: { zh: '数据中心 PUE 超限', en: 'PUE over limit' },
    unit: '',
    defaults: defaultsOf({
      raise: 1.5,
      clear: 1.45,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 7 * DAY,
      escalateAfter: 7 * DAY,
    }),
    reason:
      'The action plan of July 2024 asks for a national mean of at most 1.5 by the end of 2025 ' +
      '(docs/rules/facts.md#data-centres).',
    clause: {
      zh: '数据中心绿色低碳发展专项行动计划（2024年7月）：2025年底全国平均PUE不高于1.5（本系统默认限值，可按对象设定）',
      en: 'national data-centre action plan of July 2024: mean PUE at most 1.5 by the end of 2025 (default of this system, can be set per subject)',
    },
  },
  text: {
    measured: ({ facts, value }) => ({
      zh: `近 ${PUE_DAYS} 天 PUE ${figure(value)}（数据中心 ${figure(facts.totalKwh)} kWh，IT 设备 ${figure(facts.itKwh)} kWh）`,
      en: `PUE of the last ${PUE_DAYS} days: ${figure(value)} (data centre ${figure(facts.totalKwh)} kWh, IT equipment ${figure(facts.itKwh)} kWh)`,
    }),
    against: ({ limits: { raise } }) => ({ zh: `限值 ${figure(raise)}`, en: `limit ${figure(raise)}` }),
  },
  detect({ institution, centre: { total, it }, hours }, { ask, nowMs }) {
    if (total.length === 0 || it.length === 0) return []
    const asked = ask({ type: 'institution', id: institution.id })
    const hoursOf = (own: readonly string[]) => sumOf(own.map((id) => ({ own: hours.get(id), sign: 1 })))
    const known = knownTogether(hoursOf(total), hoursOf(it), dayOf(nowMs))
    return [known.hours < PUE_DAYS * 24 * KNOWN_SHARE_MIN ? unjudged(asked) : pue(asked, known)]
  },
  evidence: {
    paths: (asked) => (asked.subject.type === 'meter' ? meterSeries(asked) : [institutionPath('data-centre', asked)]),
    ratio: ({ totalKwh, itKwh }) => ({ part: totalKwh, whole: itKwh }),
    chain: () => null,
  },
  checks: [
    {
      zh: '检查空调设定温度、冷热通道隔离和气流组织，送风温度能否调高',
      en: 'look at set points, aisle containment and air flow: can the supply air be warmer',
    },
    {
      zh: '对照 UPS 与配电损耗：负载率很低的设备能否合并或停用',
      en: 'compare the losses of UPS and distribution: can lightly loaded units be joined or switched off',
    },
    {
      zh: '核对边界内的表：总表是否含非机房负荷，IT 表是否有缺漏',
      en: 'check the meters of the boundary: other loads behind the total, IT racks without a meter',
    },
  ],
  curve: pueCurve,
}

const DAYS_SHOWN = 28

/** PUE by day. What the total used beyond limit × IT was lost. */
function pueCurve({ sinceMs, toMs, centre, hours, limits }: CurveGiven<PueFacts>): KindCurve {
  const sideOf = (own: readonly string[]) => sumOf(own.map((id) => ({ own: hours.get(id), sign: 1 })))
  const [total, it] = [sideOf(centre.total), sideOf(centre.it)]
  const pueOf = (day: number): number | null => {
    const [whole, part] = [dayTotal(total, day), dayTotal(it, day)]
    return whole !== null && part !== null && part > 0 ? whole / part : null
  }
  const lastDay = dayOf(toMs) - 1
  const run = { lastDay, limit: limits.raise, otherwise: dayOf(sinceMs) - PUE_DAYS }
  const span = { fromMs: dayStartMs(runStart(total, run, pueOf)), toMs: dayStartMs(lastDay + 1) }
  return {
    grain: 'day',
    unit: '',
    name: { zh: 'PUE', en: 'PUE' },
    points: lastDays(lastDay, DAYS_SHOWN).map((day) => ({ atMs: dayStartMs(day), value: pueOf(day) })),
    limit: { name: { zh: '限值', en: 'limit' }, value: limits.raise },
    loss: {
      medium: 'electricity',
      ...lossByHour(total, span, (amount, atMs) => amount - limits.raise * amountAt(it, atMs)),
    },
  }
}

/** Sums the hours of the last week in which both sides are known. */
function knownTogether(total: MeterHours, it: MeterHours, today: number): PueFacts & { hours: number } {
  const known = { totalKwh: 0, itKwh: 0, hours: 0 }
  const hourOf = (day: number): number => (dayStartMs(day) - total.firstHourMs) / HOUR_MS
  const [from, to] = [hourOf(today - PUE_DAYS), hourOf(today)]
  for (let hour = Math.max(0, from); hour < to; hour++) {
    const [whole = Number.NaN, part = Number.NaN] = [total.amounts[hour], it.amounts[hour]]
    if (!(Number.isFinite(whole) && Number.isFinite(part))) continue
    known.totalKwh += whole
    known.itKwh += part
    known.hours++
  }
  return known
}

/**
 * Data-centre and IT electricity of one span, kWh; null when unknown. Unjudged without an IT load, and when the total
 * is less than the IT: a PUE below 1 is a metering fault (docs/rules/energy-and-carbon.md#data-centre).
 */
export function pue(
  asked: Asked,
  { totalKwh, itKwh }: { totalKwh: number | null; itKwh: number | null },
): Detected<PueFacts> {
  if (totalKwh === null || itKwh === null || itKwh <= 0 || totalKwh < itKwh) return unjudged(asked)
  return judged(asked, { value: totalKwh / itKwh, facts: { totalKwh, itKwh } })
}
