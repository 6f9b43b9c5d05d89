// The table of what energy and water cost the subject of a report, by what is paid for.

import { COSTS } from '../energy/cost.ts'
import { keysOf } from '../table.ts'
import { dividedBy, number, type ReportUnits, share, text } from './column.ts'
import type { ReportTable } from './document.ts'
import { AMOUNTS, COST_AMOUNTS, comparedOf, type Periods } from './figures.ts'

/** Operating cost of energy and water (机关运行成本) by what is paid for. */
export function costsTable({ periods }: { periods: Periods }, { money }: ReportUnits): ReportTable {
  const year = periods.toDate
  const whole = comparedOf(periods, AMOUNTS.costYuan).toDate
  const rows = [
    ...keysOf(COSTS).map((cost) => ({ id: cost as string, name: COSTS[cost].name.zh, amount: COST_AMOUNTS[cost] })),
    { id: 'sum', name: '合计', amount: AMOUNTS.costYuan },
  ]
  return {
    id: 'costs',
    title: { zh: '运行成本构成', en: 'Operating cost by what is paid for' },
    note: {
      zh: '按电价等价格与账单计算；没有价格的不计，空白表示没有费用数据。单位面积、人均按本年累计。',
      en: 'By tariffs and bills; what has no price is left out, blank: no cost is known. Per m² and person: year to date.',
    },
    columns: [
      text('item', { zh: '费用', en: 'Cost' }),
      number('month', { zh: '本月', en: 'Month' }, money),
      share('onMonth', { zh: '环比', en: 'On the month before' }),
      share('onYear', { zh: '同比', en: 'On the year before' }),
      number('toDate', { zh: '本年累计', en: 'Year to date' }, money),
      share('toDateOnYear', { zh: '累计同比', en: 'Year to date on last year' }),
      share('shareOfAll', { zh: '占合计', en: 'Of the sum' }),
      number('perArea', { zh: '单位面积', en: 'Per m²' }, { unit: '元/平方米', format: 'decimal2' }),
      number('perPerson', { zh: '人均', en: 'Per person' }, { unit: '元/人', format: 'decimal2' }),
    ],
    rows: rows.map(({ id, name, amount }) => {
      const compared = comparedOf(periods, amount)
      const of = (size: number | null | undefined) =>
        compared.toDate === null || !size ? null : compared.toDate / size
      const inUnit = (yuan: number | null) => dividedBy(yuan, money)
      return {
        id,
        cells: [
          ...[name, inUnit(compared.month), compared.onMonth, compared.onYear],
          ...[inUnit(compared.toDate), compared.toDateOnYear, of(whole)],
          ...[of(year?.floorAreaM2), of(year?.energyUsers)],
        ],
      }
    }),
  }
}
