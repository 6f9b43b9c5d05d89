// Compares a main meter with the sum of the meters directly below it over the last week. Value: the difference in
// percent of the main meter.

import { dayOf, dayStartMs } from '../../calendar.ts'
import { figure, percent } from '../../phrase.ts'
import { balanceOf, meterTree, type PeriodBalance } from '../../registry/meter-tree.ts'
import { amountUnit } from '../../unit.ts'
import { type Asked, type Detected, judged, unjudged } from '../finding.ts'
import {
  BALANCE_DAYS,
  type CurveGiven,
  DAY,
  defaultsOf,
  type Given,
  type Inquiry,
  type KindCurve,
  type KindDefinition,
  METERING_DUTY,
} from '../kind.ts'
import { lastDays } from './curves.ts'
import { KNOWN_SHARE_MIN } from './hours.ts'
import { institutionPath, meterSeries } from './paths.ts'

/** Amounts in the medium's unit; main − sub is not explained by any sub meter. */
interface ImbalanceFacts {
  mainAmount: number
  subAmount: number
  unit: string
}

/**
 * Sub-items that together make up all electricity (docs/rules/data.md#sub-item-codes): lighting and sockets, HVAC,
 * power, special.
 */
const SUB_ITEMS = ['01A', '01B', '01C', '01D']

export const treeImbalance: KindDefinition<ImbalanceFacts, 'hours'> = {
  group: 'hours',
  rule: {
    subjects: ['meter'],
    severity: 'minor',
    name: { zh: '总分表不平衡', en: 'Main and sub meters disagree' },
    unit: '%',
    defaults: defaultsOf({
      raise: 10,
      clear: 8,
      raiseAfter: DAY,
      clearAfter: DAY,
      reopenWithin: 7 * DAY,
      escalateAfter: null,
      parameters: { amountMin: 10 },
    }),
    reason:
      'Meters of class 1 to 2 and short lines explain a few percent; 10 % is a missing or wrongly scaled meter. Where sub meters do not cover everything, set the threshold of that main meter.',
    clause: METERING_DUTY,
  },
  text: {
    measured({ facts: { mainAmount, subAmount, unit } }) {
      const gap = Math.abs(mainAmount - subAmount)
      const [zh, en] = subAmount > mainAmount ? ['多', 'more'] : ['少', 'less']
      return {
        zh: `总表 ${figure(mainAmount)} ${unit}，分表合计 ${figure(subAmount)} ${unit}，分表${zh} ${figure(gap)} ${unit}`,
        en: `main meter ${figure(mainAmount)} ${unit}, sub meters ${figure(subAmount)} ${unit}: ${figure(gap)} ${unit} ${en}`,
      }
    },
    against: ({ limits: { raise }, value }) => ({
      zh: `相差 ${percent(value)}，限值 ±${percent(raise)}`,
      en: `${percent(value)} apart, limit ±${percent(raise)}`,
    }),
  },
  detect: ({ institution, balances }, inquiry) => balances.map((balance) => ofNode(balance, institution.id, inquiry)),
  evidence: {
    paths: (asked) => (asked.subject.type === 'meter' ? meterSeries(asked) : [institutionPath('tree', asked)]),
    ratio: () => null,
    chain: () => null,
  },
  checks: [
    {
      zh: '核对各分表的互感器倍率与铭牌、名录是否一致',
      en: 'compare the transformer ratio of each sub meter with its plate and with the registry',
    },
    {
      zh: '查看分表有无数据缺口、换表未登记或表底跳变',
      en: 'look for gaps, unregistered replacements and jumps of the sub meters',
    },
    {
      zh: '查明是否有回路未装表或接到了别的总表；若属正常，请为总表设定阈值',
      en: 'find circuits without a meter or behind another main meter; where that is right, set the threshold of the main meter',
    },
  ],
  curve: treeCurve,
}

const DAYS_SHOWN = 28

/** Main and sub meters by day. Nothing is lost: the main meter counts everything. */
function treeCurve({ subject, toMs, meters, hours, facts }: CurveGiven<ImbalanceFacts>): KindCurve {
  const days = lastDays(dayOf(toMs) - 1, DAYS_SHOWN)
  const node = meterTree(meters).nodes.find(({ meter }) => meter.id === subject.id)
  const range = { fromMs: dayStartMs(days[0] ?? 0), toMs: dayStartMs((days.at(-1) ?? 0) + 1), grain: 'day' as const }
  const periods = node ? balanceOf(node, { ...range, hoursOf: (id) => hours.get(id) }).periods : []
  const pointsOf = (amountOf: (period: PeriodBalance) => number | null) =>
    days.map((day, index) => {
      const period = periods[index]
      return { atMs: dayStartMs(day), value: period ? amountOf(period) : null }
    })
  return {
    grain: 'day',
    unit: facts.unit,
    name: { zh: '总表', en: 'main meter' },
    points: pointsOf(({ own, generated }) => (own === null ? null : own + (generated ?? 0))),
    other: { name: { zh: '分表合计', en: 'sub meters' }, points: pointsOf(({ subs }) => subs) },
    loss: {
      reason: {
        zh: '总表计入了全部用量，没有多用；不平衡影响的是分项数据',
        en: 'the main meter counts everything, so nothing is lost; what is wrong are the sub-items',
      },
    },
  }
}

/**
 * Sub meters need not cover everything, and the registry does not say whether they do. So a node must balance only when
 * its sub-items are complete or a user set its limits; otherwise only sub meters that exceed their main meter are
 * wrong.
 */
function ofNode(
  { node: { meter, subs }, periods }: Given['hours']['balances'][number],
  institution: string,
  { ask, isSet }: Inquiry<ImbalanceFacts>,
): Detected<ImbalanceFacts> {
  const asked = ask({ type: 'meter', id: meter.id }, institution)
  const known = periods.filter(({ own }) => own !== null)
  if (known.reduce((sum, { hoursKnown }) => sum + hoursKnown, 0) < BALANCE_DAYS * 24 * KNOWN_SHARE_MIN) {
    return unjudged(asked)
  }
  const mainAmount = known.reduce((sum, { own, generated }) => sum + (own ?? 0) + (generated ?? 0), 0)
  const subAmount = known.reduce((sum, one) => sum + (one.subs ?? 0), 0)
  const items = new Set(subs.map(({ purpose }) => purpose?.slice(0, 3)))
  const covers = SUB_ITEMS.every((item) => items.has(item)) || isSet(meter.id)
  const subAmounts = [covers ? subAmount : Math.max(subAmount, mainAmount)]
  return imbalance(asked, { mainAmount, subAmounts, unit: amountUnit(meter.medium) })
}

/** An amount is null when its meter is unknown in the span. Unjudged when the main meter is below `amountMin`. */
export function imbalance(
  asked: Asked,
  { mainAmount, subAmounts, unit }: { mainAmount: number | null; subAmounts: readonly (number | null)[]; unit: string },
): Detected<ImbalanceFacts> {
  const known = subAmounts.filter((amount) => amount !== null)
  const { amountMin = 0 } = asked.limits.parameters
  if (mainAmount === null || mainAmount <= 0 || mainAmount < amountMin) return unjudged(asked)
  if (known.length === 0 || known.length < subAmounts.length) return unjudged(asked)
  const subAmount = known.reduce((sum, amount) => sum + amount, 0)
  const value = (100 * Math.abs(mainAmount - subAmount)) / mainAmount
  return judged(asked, { value, facts: { mainAmount, subAmount, unit } })
}
