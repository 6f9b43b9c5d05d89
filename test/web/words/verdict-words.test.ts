// The sentence that says how a subject stands.

import { expect, test } from 'vitest'
import type { IndicatorStatus } from '../../../domain/judge/result.ts'
import { decisiveIndicators, verdictWords } from '../../../web/src/words/verdict-words.ts'
import { zh } from '../../../web/src/words/zh.ts'

const of = (indicator: IndicatorStatus['indicator'], status: IndicatorStatus['status'], ratio: number | null) =>
  ({ indicator, status, ratio }) as IndicatorStatus

test('on track, nothing is named', () => {
  const good = { status: 'onTrack', verdict: 'bothMet', indicators: [of('energy', 'onTrack', 0.8)] } as const
  expect(verdictWords({ ...good, indicators: [...good.indicators] }, zh)).toBe('总量强度双达标；各项指标均在目标以内')
})

test('what is close is named, the closest first, and a met target is not called over', () => {
  const indicators = [of('energy', 'atRisk', 0.961), of('water', 'onTrack', 0.99), of('co2', 'atRisk', 0.967)]
  expect(decisiveIndicators({ status: 'atRisk', indicators }).map(({ indicator }) => indicator)).toEqual([
    'co2',
    'energy',
  ])
  const said = verdictWords({ status: 'atRisk', verdict: 'bothMet', indicators }, zh)
  expect(said).toBe(
    '总量强度双达标；二氧化碳排放总量（预计为目标的 96.7%）、能源消费总量（预计为目标的 96.1%）临近目标',
  )
})

test('over, the indicators beyond their target are named', () => {
  const indicators = [of('energy', 'over', 1.0312), of('water', 'atRisk', 0.96)]
  expect(verdictWords({ status: 'over', verdict: 'totalOver', indicators }, zh)).toBe(
    '总量超标、强度达标；能源消费总量（预计为目标的 103.2%）预计超过目标',
  )
})

test('without a status nothing is said but that', () => {
  expect(verdictWords({ status: null, verdict: null, indicators: [] }, zh)).toBe('未判定')
  expect(decisiveIndicators({ status: null, indicators: [of('energy', null, null)] })).toEqual([])
})
