// The parties of a contract, and the words of verdicts and lines of money, for sheets and the page.

import type { Phrase } from '../phrase.ts'
import type { MoneyLine, SettlementVerdict } from './settlement-view.ts'

export const CONTRACT_PARTIES = ['owner', 'contractor'] as const
export type ContractParty = (typeof CONTRACT_PARTIES)[number]

export const otherParty = (party: ContractParty): ContractParty => (party === 'owner' ? 'contractor' : 'owner')

const words = (zh: string, en: string): Phrase => ({ zh, en })

export const PARTY_WORDS = {
  owner: words('用能单位', 'owner'),
  contractor: words('节能服务公司', 'contractor'),
} as const satisfies Record<ContractParty, Phrase>

export const CONTRACT_KIND_WORDS = {
  sharedSavings: words('节能效益分享型', 'Shared savings'),
  guaranteedSavings: words('节能量保证型', 'Guaranteed savings'),
  trusteeship: words('能源费用托管型', 'Trusteeship of energy costs'),
  waterSaving: words('合同节水', 'Water saving'),
  mixed: words('混合型', 'Mixed'),
} as const

export const SETTLEMENT_VERDICT_WORDS = {
  saved: words('节能量显著', 'savings are shown'),
  uncertain: words('节能量小于其不确定度，不能证明节能', 'savings are smaller than their uncertainty'),
  lost: words('用量显著高于基准', 'use is above the baseline'),
  noInterval: words('该基准方法不给出不确定度', 'the baseline states no uncertainty'),
  tooManyMasked: words('剔除天数过多，本期不结算', 'too many days are masked: not settled'),
} as const satisfies Record<SettlementVerdict, Phrase>

export const MONEY_LINE_WORDS = {
  savingsShare: words('节能效益分成', 'share of the savings'),
  serviceFee: words('服务费', 'service fee'),
  fee: words('托管费', 'trusteeship fee'),
  priceAdjustment: words('价格调整', 'adjustment for the price'),
  conditionAdjustment: words('条件调整', 'adjustment for conditions'),
  excess: words('超额节能分成', 'share of the excess'),
  cap: words('上限', 'cap'),
  floor: words('下限', 'floor'),
  withheld: words('暂缓支付', 'withheld'),
  shortfall: words('保证量不足补偿', 'compensation of the shortfall'),
} as const satisfies Record<MoneyLine, Phrase>
