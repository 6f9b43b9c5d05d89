// Alerts when a year's forecast is close to its target (`dualControlAtRisk`) or beyond it (`dualControlOver`). Both
// only compare and translate; domain/judge/dual-control.ts computes the values.

import { DAY_MS, yearOf, yearRange } from '../../calendar.ts'
import { INDICATOR_NAMES, type Indicator } from '../../indicator.ts'
import type { DualControl } from '../../judge/result.ts'
import { figure, type Phrase, percent, provisionalMark, sourceMark, unitIn } from '../../phrase.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import { DAY, defaultsOf, type KindDefinition } from '../kind.ts'
import { andMore, highestOf } from './highest.ts'

/** One indicator of dual control against its target of the year. */
interface TargetFacts {
  indicator: Indicator
  unit: string
  forecast: number
  target: number
  targetSource: string
  standIn: boolean
  /** Indicators above the limit, this one included. */
  over: number
  /** Of a provisional forecast. */
  knownShare?: number
}

/** Source: docs/rules/facts.md#hebei-2020-and-2025 */
const DUAL_CONTROL_DUTY: Phrase = {
  zh: '《河北省机关事务工作“十四五”规划》（冀事管〔2021〕120号）：推行双控与定额相结合的节能目标管理方式',
  en: 'Hebei 14th five-year plan of office affairs (冀事管〔2021〕120号): targets managed by dual control together with quotas',
}

/** Days of January: a forecast of the year made within them depends too much on the weather. */
const EARLY_DAYS = 31

/** The parts that both kinds share. */
const looked: Omit<KindDefinition<TargetFacts, 'judged'>, 'rule'> = {
  group: 'judged',
  text: {
    measured({ facts: { indicator, forecast, unit, over, knownShare }, limits: { raise } }) {
      const name = INDICATOR_NAMES[indicator]
      const mark = provisionalMark(knownShare)
      const more = andMore({ over, raise, base: { zh: '目标', en: 'the target' } })
      return {
        zh: `${name.zh}预计 ${figure(forecast)} ${unitIn(unit, 'zh')}${mark.zh}${more.zh}`,
        en: `${name.en}, forecast: ${figure(forecast)} ${unit}${mark.en}${more.en}`,
      }
    },
    against: ({ facts: { target, unit, targetSource, standIn }, value }) => ({
      zh: `目标 ${figure(target)} ${unitIn(unit, 'zh')}${sourceMark(targetSource, standIn).zh}，为其 ${percent(value)}`,
      en: `target ${figure(target)} ${unit}${sourceMark(targetSource, standIn).en}, ${percent(value)} of it`,
    }),
  },
  detect: ({ subject, dualControl }, { ask, nowMs }) => [
    highestTarget(ask(subject), dualControl && withoutEarlyForecasts(dualControl, nowMs)),
  ],
  evidence: {
    paths: () => [],
    ratio: ({ forecast, target }) => ({ part: 100 * forecast, whole: target }),
    chain: ({ indicator }) => ({ table: 'dualControl', indicator, now: 'forecast' }),
  },
  checks: [
    {
      zh: '打开“为什么”，看哪些下级单位、哪种能源增加得最多',
      en: 'open Why: which part and which carrier grew the most',
    },
    {
      zh: '看已知比例和待核事件：数据不全或跳变会使预测偏离',
      en: 'look at the known share and at events to review: gaps and jumps bend the forecast',
    },
    {
      zh: '安排年内还来得及的措施（供暖与空调设定、运行时间），并核对目标是否为正式下达值',
      en: 'plan what still helps this year (set points of heating and cooling, running hours), and check that the target was issued',
    },
  ],
  curve: () => null,
}

export const dualControlAtRisk: KindDefinition<TargetFacts, 'judged'> = {
  ...looked,
  rule: {
    subjects: ['institution', 'area'],
    severity: 'minor',
    name: { zh: '双控目标临近', en: 'Dual control at risk' },
    unit: '%',
    defaults: defaultsOf({
      raise: 95,
      clear: 94,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 30 * DAY,
      escalateAfter: null,
    }),
    reason: 'The forecast comes within 5 % of the target (docs/rules/dual-control.md#status).',
    yieldsTo: 'dualControlOver',
    clause: DUAL_CONTROL_DUTY,
  },
}

export const dualControlOver: KindDefinition<TargetFacts, 'judged'> = {
  ...looked,
  rule: {
    subjects: ['institution', 'area'],
    severity: 'critical',
    name: { zh: '双控目标预计超出', en: 'Dual control: forecast above target' },
    unit: '%',
    defaults: defaultsOf({
      raise: 100,
      clear: 99,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 30 * DAY,
      escalateAfter: 3 * DAY,
    }),
    reason: 'The forecast lies above the target: exceeding is likelier than not (docs/rules/dual-control.md#status).',
    clause: DUAL_CONTROL_DUTY,
  },
}

/**
 * The indicator with the highest forecast in percent of its target. Unjudged without a target, or while too little is
 * known for a status.
 */
export function highestTarget(asked: Asked, status: DualControl | null): Detected<TargetFacts> {
  const rated = (status?.indicators ?? []).flatMap(({ ratio, target, onTargetFactors, ...row }) => {
    const forecast = onTargetFactors ? onTargetFactors.forecast : row.forecast
    if (row.status === null || ratio === null || forecast === null || target === null) return []
    return [{ ...row, forecast, target, pct: 100 * ratio }]
  })
  const highest = highestOf(rated, asked.limits)
  if (!highest) return unjudged(asked)
  const { indicator, unit, forecast, target, pct, over, knownShare } = highest
  const { targetSource, targetStandIn: standIn, provisional } = highest
  const known = provisional && knownShare !== null ? { knownShare } : {}
  const facts = { indicator, unit, forecast, target, targetSource: targetSource ?? '', standIn, over, ...known }
  return judged(asked, { value: pct, facts })
}

/** In January only totals of the completed year count. */
function withoutEarlyForecasts(status: DualControl, nowMs: number): DualControl {
  const { fromMs } = yearRange(yearOf(nowMs))
  if (nowMs - fromMs >= EARLY_DAYS * DAY_MS) return status
  return { ...status, indicators: status.indicators.filter(({ forecastBasis }) => forecastBasis === 'complete') }
}
