// Names what an institution pays for (机关运行成本): the parts of a month's cost, by medium, and fuels and heat billed by
// area apart, so that a report can say what each costs.

import type { Phrase } from '../phrase.ts'
import { keysOf } from '../table.ts'

interface CostRow {
  /** Field of a month's record, in yuan; null where no cost of it is known. */
  field: string
  name: Phrase
}
/** In the order of a report. */
export const COSTS = {
  electricity: { field: 'electricityYuan', name: { zh: '电费', en: 'Electricity' } },
  gas: { field: 'gasYuan', name: { zh: '燃气费', en: 'Gas' } },
  heat: { field: 'heatYuan', name: { zh: '热费（按热量）', en: 'Heat by quantity' } },
  heatByArea: { field: 'heatByAreaYuan', name: { zh: '供热费（按面积）', en: 'Heat by area' } },
  fuels: { field: 'fuelsYuan', name: { zh: '煤油等燃料费', en: 'Fuels' } },
  water: { field: 'waterYuan', name: { zh: '水费', en: 'Water' } },
} as const satisfies Record<string, CostRow>

export type Cost = keyof typeof COSTS
export type CostField = (typeof COSTS)[Cost]['field']
export const COST_FIELDS: readonly CostField[] = keysOf(COSTS).map((cost) => COSTS[cost].field)
