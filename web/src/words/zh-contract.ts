// Holds the page's words about contracts, in Chinese. Terms: docs/rules/contracts.md.

import type { SettlementState } from '../../../domain/contract/life.ts'
import type { MoneyLine, SettlementVerdict } from '../../../domain/contract/settlement-view.ts'
import type { ContractParty } from '../../../domain/contract/words.ts'
import { CONTRACT_KIND_WORDS, MONEY_LINE_WORDS, SETTLEMENT_VERDICT_WORDS } from '../../../domain/contract/words.ts'
import { columnOf } from '../../../domain/table.ts'

export const zhContract = {
  contracts: '节能合同',
  noContract: '该机构没有合同能源管理或合同节水管理的合同。',
  kinds: columnOf(CONTRACT_KIND_WORDS, ({ zh }) => zh) as Record<keyof typeof CONTRACT_KIND_WORDS, string>,
  contractStates: { draft: '待双方签认', running: '履行中' },
  parties: { owner: '用能单位', contractor: '节能服务公司' } satisfies Record<ContractParty, string>,
  position: '合同情况',
  savings: '节能量',
  cumulative: '累计节能量',
  uncertainty: '不确定度',
  value: '节能效益',
  payable: '用能单位应付',
  payableSoFar: '累计应付',
  paid: '已付',
  penalty: '逾期违约金',
  yuan: '元',
  signedPeriods: (signed: string, settled: string) => `已结算 ${settled} 期，双方签认 ${signed} 期`,
  baselineModel: '基准模型',
  station: (id: string, km: string) => `气象站 ${id}，距离 ${km} km`,
  blocked: (period: string) => `自 ${period} 起不能结算`,
  adjustments: '非常规调整',
  proposedBy: (party: string) => `${party}提出`,
  answers: { accepted: '对方已接受', rejected: '对方已拒绝', open: '待对方答复' },
  settlements: '各期结算',
  period: '结算期',
  baseline: '调整后基准',
  actual: '实际用量',
  masked: '剔除天数',
  verdict: '结论',
  settledStates: { issued: '待签认', disputed: '有异议', signed: '双方已签认' } satisfies Record<
    SettlementState,
    string
  >,
  settlementVerdicts: columnOf(SETTLEMENT_VERDICT_WORDS, ({ zh }) => zh) as Record<SettlementVerdict, string>,
  moneyLines: columnOf(MONEY_LINE_WORDS, ({ zh }) => zh) as Record<MoneyLine, string>,
  partOf: (party: string) => `${party}所得`,
  signatures: '签认',
  unsigned: '未签认',
  signAs: (party: string) => `${party}签认`,
  disputeAs: (party: string) => `${party}提出异议`,
  remarkOfDispute: '说明（提出异议必填）',
  dispute: '异议',
  revisions: (number: string) => `第 ${number} 版`,
  sheet: '结算单',
  plan: '测量与验证方案',
  choosePeriod: '点击一期查看结算、费用与签认。',
}
