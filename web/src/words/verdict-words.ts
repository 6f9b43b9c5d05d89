// Says in one sentence how a subject stands under dual control, and names the indicators that decide it.

import type { DualControl, IndicatorStatus } from '../../../domain/judge/result.ts'
import { formatRatio } from './format.ts'
import type { Dictionary } from './zh.ts'

/** The indicators of the worst status, the highest forecast against its target first; empty without a status. */
export function decisiveIndicators({
  status,
  indicators,
}: Pick<DualControl, 'status' | 'indicators'>): IndicatorStatus[] {
  return indicators
    .filter((one) => one.status === status && status !== null && one.ratio !== null)
    .toSorted((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0))
}

/** “总量强度双达标；能源消费总量（预计为目标的 96.7%）临近目标”. */
export function verdictWords(
  dualControl: Pick<DualControl, 'status' | 'indicators' | 'verdict'>,
  text: Dictionary,
): string {
  const { status, verdict } = dualControl
  if (verdict === null || status === null) return text.notJudged
  if (status === 'onTrack') return `${text.verdicts[verdict]}${text.semicolon}${text.work.allWithin}`
  const named = decisiveIndicators(dualControl)
    .map(({ indicator, ratio }) => text.work.forecastUses(text.indicators[indicator], formatRatio(ratio)))
    .join(text.comma)
  const said = status === 'over' ? text.work.overTarget(named) : text.work.nearTarget(named)
  return `${text.verdicts[verdict]}${text.semicolon}${said}`
}
