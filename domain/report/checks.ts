// Checks reported forms (审核) by one table of rules: severity, names, messages in both languages, and what each finds
// in the forms of one institution. Official checks are not known; these are the practised ones
// (docs/rules/report.md#checks).

import { QUOTA } from '../indicator.ts'
import type { QuotaStatus } from '../judge/result.ts'
import { figure, type Phrase, percent } from '../phrase.ts'
import { type CheckLimits, type Justification, PRICED, PRICED_FIELDS, type PricedField } from './check-settings.ts'
import { type BasicForm, cellName, type FormField, formFields } from './forms/fields.ts'
import { brokenIdentities, cellNameOf, differs, exceededWholes, exceeds } from './forms/identities.ts'
import { type FormValues, type InstitutionForms, numberIn, roomCellName } from './forms/values.ts'

/** `error`: wrong, to be corrected or justified before the report goes on. `warning`: unlikely, passes. */
export const CHECK_SEVERITIES = ['error', 'warning'] as const
export type CheckSeverity = (typeof CHECK_SEVERITIES)[number]
export const CHECK_SEVERITY_NAMES: Readonly<Record<CheckSeverity, Phrase>> = {
  error: { zh: '错误', en: 'Error' },
  warning: { zh: '存疑', en: 'Doubt' },
}

/** An institution of the directory (名录库) with its forms of one period; what is absent is not checked. */
export interface CheckedInstitution {
  id: string
  name: string
  /** Null: it has none. */
  forms: InstitutionForms | null
  /** Of the same period of the year before, and of a fixed base year. */
  before?: InstitutionForms | null
  base?: InstitutionForms | null
  /** Of a year's four quarters. */
  quarters?: readonly (InstitutionForms | null)[]
  quota?: readonly Pick<QuotaStatus, 'indicator' | 'actual' | 'unit' | 'constraint' | 'guide'>[]
  /** The worst known share of its energy and water, 0 to 1; null: nothing is expected. */
  knownShare?: number | null
}

interface Raised {
  /** The cell of the form, e.g. `NY201_110`; null: the institution as a whole. */
  cell: string | null
  value: number | null
  limit: number | null
  message: Phrase
}
interface Given extends CheckedInstitution {
  forms: InstitutionForms
}
interface CheckRule {
  severity: CheckSeverity
  name: Phrase
  find(given: Given, limits: CheckLimits): Raised[]
}

const change = (now: number, before: number): number => (now - before) / before
const labelOf = (forms: InstitutionForms, id: string): { cell: string; zh: string; en: string } => {
  const field = formFields(forms.edition, 'NY201').find((one) => one.id === id)
  return { cell: cellNameOf(forms.edition, 'NY201', id), zh: field?.name.zh ?? id, en: field?.name.en ?? id }
}
const QUANTITIES = [...PRICED_FIELDS, 'otherEnergy', 'pvGeneration']
const SIZES = ['floorArea', 'energyUsers']

/** Fields that changed by more than a share of what they were. */
const changed = (
  forms: InstitutionForms,
  before: InstitutionForms | null | undefined,
  { ids, limit, than }: { ids: readonly string[]; limit: number; than: Phrase },
): Raised[] =>
  ids.flatMap((id) => {
    const [now, was] = [numberIn(forms.NY201, id), before ? numberIn(before.NY201, id) : null]
    if (now === null || was === null || now === 0 || !(was > 0)) return []
    const share = change(now, was)
    if (!exceedsShare(Math.abs(share), limit)) return []
    const { cell, zh, en } = labelOf(forms, id)
    const [by, most] = [percent(100 * share), percent(100 * limit)]
    const [value, last] = [figure(now), figure(was)]
    return [
      {
        cell,
        value: now,
        limit: was,
        message: {
          zh: `${zh} ${value}，${than.zh} ${last}，变化 ${by}，超过 ${most}，请核实并说明`,
          en: `${en} ${value}, ${than.en} ${last}: a change of ${by}, more than ${most}; verify and explain`,
        },
      },
    ]
  })
const SHARE_SLACK = 1e-9
const exceedsShare = (share: number, limit: number): boolean => share > limit + SHARE_SLACK

const LAST_YEAR: Phrase = { zh: '上年同期', en: 'in the same period of the year before' }

/** In the order in which findings are printed. */
export const CHECK_RULES = {
  identity: {
    severity: 'error',
    name: { zh: '合计等于分项之和', en: 'A total is the sum of its parts' },
    find: ({ forms }) =>
      brokenIdentities(forms).map(({ cell, parts, value, sum }) => ({
        cell,
        value,
        limit: sum,
        message: {
          zh: `${cell} 为 ${figure(value)}，分项（${parts.join('、')}）之和为 ${figure(sum)}`,
          en: `${cell} is ${figure(value)}, its parts (${parts.join(', ')}) sum to ${figure(sum)}`,
        },
      })),
  },
  annualIsQuarters: {
    severity: 'error',
    name: { zh: '年度等于四个季度之和', en: 'The year is the sum of its quarters' },
    find: ({ forms, quarters }) => (quarters ? yearAgainstQuarters(forms, quarters) : []),
  },
  partsWithinWhole: {
    severity: 'warning',
    name: { zh: '分项不大于总量', en: 'A part is no more than its whole' },
    find: ({ forms }) =>
      exceededWholes(forms).map(({ part, whole, value, limit }) => ({
        cell: part,
        value,
        limit,
        message: {
          zh: `${part} 为 ${figure(value)}，大于 ${whole} 的 ${figure(limit)}`,
          en: `${part} is ${figure(value)}, more than the ${figure(limit)} of ${whole}`,
        },
      })),
  },
  sizeChange: {
    severity: 'warning',
    name: { zh: '用能人数、建筑面积变动', en: 'Change of people or floor area' },
    find: ({ forms, before }, { thresholds }) =>
      changed(forms, before, { ids: SIZES, limit: thresholds.sizeChange.value, than: LAST_YEAR }),
  },
  yearOnYear: {
    severity: 'warning',
    name: { zh: '同比审核', en: 'Change on the year before' },
    find: ({ forms, before }, { thresholds }) =>
      changed(forms, before, { ids: QUANTITIES, limit: thresholds.yearOnYear.value, than: LAST_YEAR }),
  },
  fixedBase: {
    severity: 'warning',
    name: { zh: '定比审核', en: 'Change on the base year' },
    find: ({ forms, base }, { thresholds }) =>
      changed(forms, base, {
        ids: QUANTITIES,
        limit: thresholds.fixedBase.value,
        than: { zh: '基期', en: 'in the base year' },
      }),
  },
  zeroAfterValue: {
    severity: 'warning',
    name: { zh: '上年有数、本期为零或空', en: 'Zero or blank where the year before had a value' },
    find: ({ forms, before }) => (before ? vanished(forms, before) : []),
  },
  unitPrice: {
    severity: 'warning',
    name: { zh: '单价审核', en: 'Unit price' },
    find: ({ forms }, { prices }) =>
      pricedRows(forms, prices).flatMap(({ id, quantity, cost, reference: { min, max } }) => {
        const price = cost / quantity
        if (price >= min - SHARE_SLACK * min && price <= max + SHARE_SLACK * max) return []
        const { cell, zh, en } = labelOf(forms, id)
        const unit = PRICED[id].unit
        return [
          {
            cell,
            value: price,
            limit: price < min ? min : max,
            message: {
              zh: `${zh}单价 ${figure(price)} 元/${unit}，参考范围 ${figure(min)} 至 ${figure(max)}`,
              en: `the price of ${en.toLowerCase()} is ${figure(price)} yuan/${unit}; expected ${figure(min)} to ${figure(max)}`,
            },
          },
        ]
      }),
  },
  costByPrice: {
    severity: 'warning',
    name: { zh: '费用除以单价等于数量', en: 'Cost by price is the quantity' },
    find: ({ forms }, { prices, thresholds }) =>
      pricedRows(forms, prices).flatMap(({ id, quantity, cost, reference: { price } }) => {
        if (price === undefined) return []
        const expected = cost / price
        if (!exceedsShare(Math.abs(change(quantity, expected)), thresholds.priceDifference.value)) return []
        const { cell, zh, en } = labelOf(forms, id)
        const unit = PRICED[id].unit
        return [
          {
            cell,
            value: quantity,
            limit: expected,
            message: {
              zh: `${zh}费用 ${figure(cost)} 元 ÷ 单价 ${figure(price)} = ${figure(expected)} ${unit}，填报 ${figure(quantity)}`,
              en: `${en}: ${figure(cost)} yuan / ${figure(price)} = ${figure(expected)} ${unit}; reported ${figure(quantity)}`,
            },
          },
        ]
      }),
  },
  aboveConstraint: {
    severity: 'warning',
    name: { zh: '高于约束值', en: 'Above 约束值' },
    find: ({ quota = [] }) =>
      quota.flatMap(({ indicator, actual, constraint, unit }) =>
        actual !== null && constraint !== null && actual > constraint
          ? [againstQuota({ indicator, actual, unit, limit: constraint }, ABOVE)]
          : [],
      ),
  },
  belowGuide: {
    severity: 'warning',
    name: { zh: '低于引导值', en: 'Below 引导值' },
    find: ({ quota = [] }) =>
      quota.flatMap(({ indicator, actual, guide, unit }) =>
        actual !== null && guide !== null && actual < guide
          ? [againstQuota({ indicator, actual, unit, limit: guide }, BELOW)]
          : [],
      ),
  },
  knownShare: {
    severity: 'warning',
    name: { zh: '数据已知率不足', en: 'Too little is known' },
    find: ({ knownShare = null }, { thresholds }) => {
      const least = thresholds.knownShare.value
      if (knownShare === null || knownShare >= least - SHARE_SLACK) return []
      const [share, wanted] = [percent(100 * knownShare), percent(100 * least)]
      return [
        {
          cell: null,
          value: knownShare,
          limit: least,
          message: { zh: `数据已知率 ${share}，低于 ${wanted}`, en: `${share} is known, less than ${wanted}` },
        },
      ]
    },
  },
  noData: {
    severity: 'error',
    name: { zh: '名录库机构无数据', en: 'An institution of the directory without data' },
    find: ({ forms }) => (hasNoData(forms) ? [NO_DATA] : []),
  },
} as const satisfies Record<string, CheckRule>
export type CheckRuleId = keyof typeof CHECK_RULES
export const CHECK_RULE_IDS = Object.keys(CHECK_RULES) as CheckRuleId[]

const NO_DATA: Raised = {
  cell: null,
  value: null,
  limit: null,
  message: { zh: '名录库中的机构本期没有任何能源资源消费数据', en: 'no amount of energy or water in the period' },
}
const hasNoData = (forms: InstitutionForms): boolean => QUANTITIES.every((id) => numberIn(forms.NY201, id) === null)

const ABOVE: Phrase = { zh: '高于约束值', en: 'above 约束值' }
const BELOW: Phrase = { zh: '低于引导值', en: 'below 引导值' }
const againstQuota = (
  {
    indicator,
    actual,
    unit,
    limit,
  }: { indicator: QuotaStatus['indicator']; actual: number; unit: string; limit: number },
  how: Phrase,
): Raised => {
  const { name } = QUOTA[indicator]
  return {
    cell: null,
    value: actual,
    limit,
    message: {
      zh: `${name.zh} ${figure(actual)} ${unit}，${how.zh} ${figure(limit)}，请核实`,
      en: `${name.en} ${figure(actual)} ${unit}, ${how.en} ${figure(limit)}; verify`,
    },
  }
}

/** Quantities and costs in priced units, where both are above 0 and a reference is known. */
const pricedRows = (forms: InstitutionForms, prices: CheckLimits['prices']) =>
  PRICED_FIELDS.flatMap((id: PricedField) => {
    const [quantity, cost] = [numberIn(forms.NY201, id), numberIn(forms.NY201, `${id}Cost`)]
    const reference = prices[id]
    if (quantity === null || cost === null || !reference || !(quantity > 0) || !(cost > 0)) return []
    return [{ id, quantity: quantity * PRICED[id].size, cost, reference }]
  })

/** A quarter that is blank makes only a sum above the year a finding. */
function yearAgainstQuarters(forms: InstitutionForms, quarters: readonly (InstitutionForms | null)[]): Raised[] {
  const parts = quarters.map((quarter) => (quarter ? flowCells(quarter) : new Map<string, number>()))
  return [...flowCells(forms)].flatMap(([cell, value]) => {
    const known = parts.flatMap((part) => part.get(cell) ?? [])
    const sum = known.reduce((total, one) => total + one, 0)
    if (known.length === 0 || !(known.length === quarters.length ? differs(sum, value) : exceeds(sum, value))) return []
    return [
      {
        cell,
        value,
        limit: sum,
        message: {
          zh: `${cell} 全年 ${figure(value)}，各季度之和 ${figure(sum)}`,
          en: `${cell} of the year is ${figure(value)}, its quarters sum to ${figure(sum)}`,
        },
      },
    ]
  })
}

/** The known flows of an institution's forms by their cell, rooms apart. */
function flowCells({ edition, NY201, NY202, NY203 }: InstitutionForms): Map<string, number> {
  const cells = new Map<string, number>()
  const add = (form: BasicForm, values: FormValues, nameOf: (field: FormField) => string): void => {
    for (const field of formFields(edition, form)) {
      const value = field.kind === 'flow' ? numberIn(values, field.id) : null
      if (value !== null) cells.set(nameOf(field), value)
    }
  }
  add('NY201', NY201, (field) => cellName('NY201', field))
  for (const { id, values } of NY202) add('NY202', values, (field) => roomCellName(id, field))
  add('NY203', NY203, (field) => cellName('NY203', field))
  return cells
}

/** Amounts and sizes of NY201 and NY203 that were above 0 and are 0 or blank; costs follow their quantities. */
function vanished(forms: InstitutionForms, before: InstitutionForms): Raised[] {
  const of = (form: 'NY201' | 'NY203', now: FormValues, was: FormValues): Raised[] =>
    formFields(forms.edition, form).flatMap(({ id, name }) => {
      const [value, last] = [numberIn(now, id), numberIn(was, id)]
      if (id.endsWith('Cost') || last === null || !(last > 0) || (value !== null && value !== 0)) return []
      const zero = value === null ? { zh: '为空', en: 'blank' } : { zh: '为零', en: '0' }
      return [
        {
          cell: cellNameOf(forms.edition, form, id),
          value,
          limit: last,
          message: {
            zh: `${name.zh}本期${zero.zh}，上年同期为 ${figure(last)}`,
            en: `${name.en} is ${zero.en}; the year before had ${figure(last)}`,
          },
        },
      ]
    })
  return [...of('NY201', forms.NY201, before.NY201), ...of('NY203', forms.NY203, before.NY203)]
}

export interface CheckFinding extends Raised {
  subject: string
  name: string
  rule: CheckRuleId
  severity: CheckSeverity
  justification: Justification | null
}

export interface CheckContext {
  period: string
  limits: CheckLimits
  justifications?: readonly Justification[]
}

/** The findings of one institution, in the order of the rules. An institution without forms is one finding. */
export function checkForms(given: CheckedInstitution, context: CheckContext): CheckFinding[] {
  const { forms } = given
  const raised: { rule: CheckRuleId; one: Raised }[] =
    forms === null
      ? [{ rule: 'noData', one: NO_DATA }]
      : CHECK_RULE_IDS.flatMap((rule) => {
          const { find }: CheckRule = CHECK_RULES[rule]
          return find({ ...given, forms }, context.limits).map((one) => ({ rule, one }))
        })
  return raised.map(({ rule, one }) => ({
    ...one,
    subject: given.id,
    name: given.name,
    rule,
    severity: CHECK_RULES[rule].severity,
    justification: justificationOf({ subject: given.id, rule, cell: one.cell }, context),
  }))
}

/** The newest that fits; one that names no cell fits all cells of its rule. */
const justificationOf = (
  { subject, rule, cell }: { subject: string; rule: CheckRuleId; cell: string | null },
  { period, justifications = [] }: CheckContext,
): Justification | null =>
  justifications
    .filter((one) => one.subject === subject && one.period === period && one.rule === rule)
    .filter((one) => one.cell === undefined || one.cell === cell)
    .toSorted((a, b) => b.atMs - a.atMs)
    .at(0) ?? null

/** True of a finding that still asks for something: one without a justification. */
export const isOpenFinding = ({ justification }: Pick<CheckFinding, 'justification'>): boolean => justification === null
