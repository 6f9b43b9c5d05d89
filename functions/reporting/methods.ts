// Lists what the figures of a report rest on: coefficients, factors, targets, quota rows and the limits of judging.

import { INDICATOR_NAMES } from '../../domain/indicator.ts'
import { knownShareLimits } from '../../domain/judge/known-share.ts'
import { CARRIERS, ENERGY_MEDIA } from '../../domain/medium.ts'
import type { Method } from '../../domain/report/handling-tables.ts'
import { isValidOn } from '../../domain/standards/validity.ts'
import { standardsIn } from '../judging/judgement.ts'
import type { About, ReportSources, ReportTime } from './question.ts'

const mark = (standIn: boolean | undefined): string => (standIn ? '（替代值，非正式下达）' : '')

export async function methodsOf(
  { id, area, areas }: Pick<About, 'id' | 'area' | 'areas'>,
  { month, lastDay }: Pick<ReportTime, 'month'> & { lastDay: string },
  { registry }: Pick<ReportSources, 'registry'>,
): Promise<Method[]> {
  const tables = await registry.tables()
  const sets = standardsIn({ areas, tables }, area, month)
  const coefficients = ([sets.statistics, sets.quota] as const).flatMap((set, index) =>
    set.rows.map(
      (row): Method => ({
        id: `${index === 0 ? 'statistics' : 'quota'} ${row.carrier}`,
        kind: index === 0 ? '统计折标系数' : '定额折标系数',
        name: `${CARRIERS[row.carrier].name.zh}（${set.name}，${set.standard}）`,
        value: `${row.value} ${row.unit}`,
        source: row.source,
      }),
    ),
  )
  const factors = ENERGY_MEDIA.map((medium): Method => {
    const factor = sets.co2[medium]
    return {
      id: `co2 ${medium}`,
      kind: '碳排放因子',
      name: `${CARRIERS[medium].name.zh}${mark(factor.standIn)}`,
      value: `${factor.value} ${factor.unit}`,
      source: factor.source,
    }
  })
  const targets = (await registry.targets(id)).map(
    (target): Method => ({
      id: `target ${target.indicator} ${target.baseYear}`,
      kind: '双控目标',
      name: `${INDICATOR_NAMES[target.indicator].zh}${mark(target.standIn)}`,
      value: `${target.baseYear}–${target.endYear}`,
      source: target.source,
    }),
  )
  const standards = Map.groupBy(
    tables.quotas.filter((row) => isValidOn(row, lastDay)),
    ({ standard }) => standard,
  )
  const quotas = [...standards].map(
    ([standard, rows]): Method => ({
      id: `quota ${standard}`,
      kind: '定额标准',
      name: `${standard}${mark(rows.some(({ standIn }) => standIn))}`,
      value: `${rows.length} 条`,
      source: [...new Set(rows.map(({ source }) => source))].join('；'),
    }),
  )
  const { judgedFrom, sureFrom } = knownShareLimits(lastDay)
  const limits: Method = {
    id: 'knownShare',
    kind: '判定规则',
    name: '数据完整率（本产品规定）',
    value: `不足 ${100 * judgedFrom} % 不判定；不足 ${100 * sureFrom} % 暂定`,
    source: 'docs/rules/data.md#known-share',
  }
  return [...coefficients, ...factors, ...targets, ...quotas, limits]
}
