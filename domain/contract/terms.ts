// The terms of an energy performance contract (合同能源管理) or a water contract (合同节水管理) as a document, and what
// contradicts itself in them (docs/rules/contracts.md#terms). Dates are local; `to` is the day after the last one.

import * as z from 'zod'
import { dateStartMs, dayOf } from '../calendar.ts'
import { MEDIA } from '../medium.ts'
import { type Phrase, phraseOf } from '../phrase.ts'
import { localDate, recordId } from '../registry/records.ts'
import { YEAR_BASELINE_RULES } from '../savings/year-baseline.ts'
import { contractYears, monthsBetween, PERIOD_MONTHS } from './periods.ts'

/** Identifiers of the contract kinds (docs/rules/contracts.md#kinds). */
export const CONTRACT_KINDS = ['sharedSavings', 'guaranteedSavings', 'trusteeship', 'waterSaving', 'mixed'] as const

/** No contract runs longer. */
const REPORTING_MONTHS_MAX = 30 * 12
const BASELINE_DAYS_MIN = 365

const span = z.object({ from: localDate, to: localDate })
/** A number of at least 0 that says so in both languages; zod keeps one text of a rule of its own. */
const notNegative = ({ zh, en }: Phrase) =>
  z
    .number()
    .refine((value) => value >= 0, { message: en, params: { zh } })
    .meta({ minimum: 0 })
const yuanPerUnit = notNegative(phraseOf('价格不得为负', 'a price must not be negative'))
const yuan = notNegative(phraseOf('金额不得为负', 'must not be negative'))
const pct = z.number().min(0).max(100)

export const priceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fixed'), yuanPerUnit }),
  /** The tariff of the institution, by the hours of the day. */
  z.object({ kind: z.literal('tariff') }),
  z.object({ kind: z.literal('floating'), rows: z.array(z.object({ validFrom: localDate, yuanPerUnit })).min(1) }),
])

/** Totals of three years, the earliest first, by a domestic rule. */
const threeYears = {
  rule: z.enum(YEAR_BASELINE_RULES.map(({ id }) => id)),
  totals: z.tuple([z.number().nonnegative(), z.number().nonnegative(), z.number().nonnegative()]),
}
const baselineMethodSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('weather'), station: recordId.optional() }),
  z.object({ kind: z.literal('people') }),
  z.object({ kind: z.literal('years'), ...threeYears }),
])

const guaranteeSchema = z.object({
  /** Savings guaranteed for each year of the contract, in the unit of the medium. */
  amountPerYear: z.number().positive(),
  /** Part of the value of a shortfall that the contractor pays. */
  compensationPct: pct.default(100),
  /** Part of the value of savings beyond the guarantee that the contractor gets. */
  excessPct: pct.default(0),
  /** What the owner pays for the service, by the month. */
  feeYuanPerYear: yuan.default(0),
})

const feeSchema = z.object({
  /** Cost of the energy of a baseline year. */
  baselineYuan: yuan,
  /** 托管费用基数 = baseline × coefficient. */
  coefficient: z.number().positive(),
  /** The fee follows the price beyond a band, for the part of it that is energy. */
  priceAdjust: z
    .object({ basePrice: z.number().positive(), bandPct: pct.default(0), energySharePct: pct.default(100) })
    .optional(),
})

const termsObject = z.object({
  id: recordId,
  name: z.string().min(1),
  number: z.string().optional(),
  kind: z.enum(CONTRACT_KINDS),
  institution: recordId,
  parties: z.object({
    owner: z.object({ name: z.string().min(1) }),
    contractor: z.object({ name: z.string().min(1) }),
  }),
  medium: z.enum(MEDIA),
  /** Meters whose use counts. `replacedOn`: replacements that both parties know of. */
  boundary: z
    .array(z.object({ meter: recordId, replacedOn: z.array(localDate).optional() }))
    .min(1)
    .max(64),
  /** Meters within the boundary whose use is subtracted, and why. */
  excluded: z.array(z.object({ meter: recordId, why: z.string().min(1) })).default([]),
  /** Days that count in no period, and why. */
  excludedDays: z.array(span.extend({ why: z.string().min(1) })).default([]),
  /** `compare`: the domestic rule beside another method; the plan shows both. */
  baseline: span.extend({ method: baselineMethodSchema, compare: z.object(threeYears).optional() }),
  reporting: span.extend({ everyMonths: z.union(PERIOD_MONTHS.map((months) => z.literal(months))).default(1) }),
  price: priceSchema,
  /** Parts of the value of savings by year of the contract. */
  shares: z
    .array(z.object({ year: z.number().int().min(1), ownerPct: pct, contractorPct: pct }))
    .min(1)
    .optional(),
  guarantee: guaranteeSchema.optional(),
  fee: feeSchema.optional(),
  limits: z
    .object({ periodFloorYuan: yuan.optional(), periodCapYuan: yuan.optional(), yearCapYuan: yuan.optional() })
    .default({}),
  masked: z
    .object({
      /** `meanOfPeriod`: a masked day saves what the others saved in the mean. */
      treatment: z.enum(['notCounted', 'meanOfPeriod']),
      /** With more masked days a period is not settled. */
      daysMax: z.number().int().nonnegative(),
    })
    .default({ treatment: 'notCounted', daysMax: 10 }),
  confidence: z.number().min(0.5).max(0.99).default(0.9),
  whenUncertain: z.enum(['pay', 'withhold']).default('pay'),
  /** Whether what was lost in earlier periods is made up before savings are shared. */
  carryLosses: z.boolean().default(false),
  latePayment: z
    .object({
      /** 每日万分之. */
      perTenThousandPerDay: z.number().min(0).max(100),
      dueDays: z.number().int().nonnegative(),
      capPct: pct.optional(),
    })
    .default({ perTenThousandPerDay: 0, dueDays: 30 }),
  disputeDays: z.number().int().min(0).max(365).default(15),
  note: z.string().optional(),
})

export const termsSchema = termsObject.superRefine((terms, context) => {
  for (const { field, reason } of contradictions(terms))
    context.addIssue({ code: 'custom', path: field.split('.'), message: reason.en, params: { zh: reason.zh } })
})
export type ContractTerms = z.infer<typeof termsSchema>

export interface TermsProblem {
  /** Path of the field, with dots. */
  field: string
  reason: Phrase
}

function contradictions(terms: z.infer<typeof termsObject>): TermsProblem[] {
  return [periodProblems, moneyProblems, boundaryProblems, kindProblems].flatMap((check) => check(terms))
}

const dayAt = (date: string): number => dayOf(dateStartMs(date))

function periodProblems({ baseline, reporting, excludedDays }: z.infer<typeof termsObject>): TermsProblem[] {
  const problems: TermsProblem[] = []
  const spans = { baseline, reporting, ...Object.fromEntries(excludedDays.map((one, i) => [`excludedDays.${i}`, one])) }
  for (const [name, { from, to }] of Object.entries(spans))
    if (to <= from) problems.push({ field: `${name}.to`, reason: phraseOf('必须晚于 from', 'must be after from') })
  if (problems.length > 0) return problems
  if (baseline.to > reporting.from)
    problems.push({
      field: 'reporting.from',
      reason: phraseOf(
        `报告期自 ${reporting.from} 开始，早于基准期结束日 ${baseline.to}：两期重叠`,
        `the reporting period begins on ${reporting.from}, before the baseline ends on ${baseline.to}: they overlap`,
      ),
    })
  if (dayAt(baseline.to) - dayAt(baseline.from) < BASELINE_DAYS_MIN && baseline.method.kind !== 'years')
    problems.push({
      field: 'baseline.from',
      reason: phraseOf(`基准期至少 ${BASELINE_DAYS_MIN} 天`, `a baseline has at least ${BASELINE_DAYS_MIN} days`),
    })
  for (const name of ['from', 'to'] as const)
    if (!reporting[name].endsWith('-01'))
      problems.push({ field: `reporting.${name}`, reason: phraseOf('必须是某月 1 日', 'must be the first of a month') })
  const months = monthsBetween(reporting)
  if (months % reporting.everyMonths !== 0)
    problems.push({
      field: 'reporting.to',
      reason: phraseOf(
        `${months} 个月不是 ${reporting.everyMonths} 的整数倍`,
        `${months} months are no multiple of ${reporting.everyMonths}`,
      ),
    })
  if (months > REPORTING_MONTHS_MAX)
    problems.push({
      field: 'reporting.to',
      reason: phraseOf(
        `最多为 from 之后 ${REPORTING_MONTHS_MAX} 个月`,
        `at most ${REPORTING_MONTHS_MAX} months after from`,
      ),
    })
  return problems
}

function moneyProblems({ price, shares, reporting, limits }: z.infer<typeof termsObject>): TermsProblem[] {
  const problems: TermsProblem[] = []
  if (price.kind === 'floating') {
    for (const [i, { validFrom }] of price.rows.entries()) {
      const before = price.rows[i - 1]
      if (before && before.validFrom >= validFrom)
        problems.push({
          field: `price.rows.${i}.validFrom`,
          reason: phraseOf('必须晚于上一行的日期', 'must be after that of the row before'),
        })
    }
    if ((price.rows[0]?.validFrom ?? '') > reporting.from)
      problems.push({
        field: 'price.rows.0.validFrom',
        reason: phraseOf('报告期开始时必须已有价格', 'the first price must hold when reporting begins'),
      })
  }
  for (const [i, { year, ownerPct, contractorPct }] of (shares ?? []).entries()) {
    const sum = Math.round((ownerPct + contractorPct) * 1e6) / 1e6
    if (sum !== 100)
      problems.push({
        field: `shares.${i}`,
        reason: phraseOf(
          `第 ${year} 年分成合计 ${sum} %，不是 100 %`,
          `the shares of year ${year} sum to ${sum} %, not 100`,
        ),
      })
    if (year !== i + 1)
      problems.push({
        field: `shares.${i}.year`,
        reason: phraseOf(`应为 ${i + 1}：各年依次、每年一行`, `must be ${i + 1}: years in order, each once`),
      })
  }
  const years = contractYears(reporting)
  if (shares && shares.length !== years)
    problems.push({
      field: 'shares',
      reason: phraseOf(
        `合同为 ${years} 年，分成表有 ${shares.length} 年`,
        `the contract has ${years} years, the schedule ${shares.length}`,
      ),
    })
  if (limits.periodCapYuan !== undefined && (limits.periodFloorYuan ?? 0) > limits.periodCapYuan)
    problems.push({ field: 'limits.periodFloorYuan', reason: phraseOf('下限高于上限', 'the floor is above the cap') })
  return problems
}

function boundaryProblems({ boundary, excluded }: z.infer<typeof termsObject>): TermsProblem[] {
  const seen = new Set<string>()
  const all = [
    ...boundary.map(({ meter }, i) => ({ meter, field: `boundary.${i}.meter` })),
    ...excluded.map(({ meter }, i) => ({ meter, field: `excluded.${i}.meter` })),
  ]
  return all.flatMap(({ meter, field }) => {
    if (seen.has(meter))
      return [{ field, reason: phraseOf(`表计“${meter}”重复`, `the meter "${meter}" is named twice`) }]
    seen.add(meter)
    return []
  })
}

function kindProblems(terms: z.infer<typeof termsObject>): TermsProblem[] {
  const { kind, medium, baseline, shares, guarantee, fee } = terms
  const parts = [shares, guarantee, fee].filter((part) => part !== undefined).length
  const lacks = (field: 'shares' | 'guarantee' | 'fee'): TermsProblem[] =>
    terms[field] === undefined
      ? [{ field, reason: phraseOf(`“${kind}”类合同必须有此项`, `a contract of the kind "${kind}" has it`) }]
      : []
  const problems: TermsProblem[] = []
  if (kind === 'sharedSavings') problems.push(...lacks('shares'))
  if (kind === 'guaranteedSavings') problems.push(...lacks('guarantee'))
  if (kind === 'trusteeship') problems.push(...lacks('fee'))
  if (kind === 'waterSaving' && medium !== 'water')
    problems.push({ field: 'medium', reason: phraseOf('必须是 water', 'must be water') })
  if (kind === 'waterSaving' && parts === 0) problems.push(...lacks('shares'))
  if (kind === 'mixed' && parts < 2)
    problems.push({
      field: 'kind',
      reason: phraseOf(
        '混合型合同须有 shares、guarantee、fee 中的两项',
        'a mixed contract has two of shares, guarantee and fee',
      ),
    })
  if (shares && guarantee && guarantee.excessPct > 0)
    problems.push({
      field: 'guarantee.excessPct',
      reason: phraseOf('已有 shares 时必须为 0：节能量只付一次', 'must be 0 beside shares: savings are paid once'),
    })
  const method = baseline.method.kind
  if (medium === 'water' && method === 'weather')
    problems.push({
      field: 'baseline.method.kind',
      reason: phraseOf('用水按人数或三年规则，不随气象', 'water follows people or years, not the weather'),
    })
  if (medium !== 'water' && method === 'people')
    problems.push({ field: 'baseline.method.kind', reason: phraseOf('只有用水按人数', 'only water follows people') })
  return problems
}
