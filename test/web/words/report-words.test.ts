// Refusals of a report's steps in words: an official reads who was first, not a status code.

import { describe, expect, test } from 'vitest'
import type { ReportStep } from '../../../domain/report/life.ts'
import { en } from '../../../web/src/words/en.ts'
import { refusedWords, type StepProblem, shownFindings } from '../../../web/src/words/report-words.ts'
import { zh } from '../../../web/src/words/zh.ts'

const last = { step: 'accept', state: 'accepted', atMs: 0, who: '李四', office: '130102', remarks: null, digest: '' }
const finding = { rule: 'noData', severity: 'error', text: { zh: '甲没有数据', en: 'A has no data' } }
const officeName = (id: string) => (id === '130102' ? '长安区' : id)
const ROWS: readonly { problem: StepProblem; step: ReportStep; chinese: string }[] = [
  {
    problem: { status: 409, more: { version: 4, last } },
    step: 'return',
    chinese: '李四已于 1970-01-01 08:00 先行“审核通过”，您的操作没有生效。现已显示最新状态，请核对后再操作。',
  },
  {
    problem: { status: 409, more: { version: 0 } },
    step: 'check',
    chinese: '报表已不存在，您的操作没有生效。现已显示最新状态。',
  },
  {
    problem: { status: 409, more: { code: 'state', state: 'locked', last } },
    step: 'build',
    chinese: '报表现在是“已锁定”，不能“编制”。',
  },
  {
    problem: { status: 409, more: {} },
    step: 'revise',
    chinese: '按现有数据编制的报表与已锁定的版本没有差别，无须修订。',
  },
  {
    problem: { status: 403, more: { field: 'office', offices: ['130102', '130100'] } },
    step: 'accept',
    chinese: '“审核通过”由长安区；130100办理。',
  },
  { problem: { status: 400, more: { field: 'remarks' } }, step: 'return', chinese: '“退回”须在说明中写明原因。' },
  {
    problem: { status: 422, more: { problems: [finding, finding] } },
    step: 'check',
    chinese: '校验发现 2 项错误，未能通过；请更正数据后重新编制、校验。',
  },
  { problem: { status: 422, more: { field: 'month' } }, step: 'submit', chinese: '本月尚未结束，不能上报。' },
  { problem: { status: 422, more: {} }, step: 'build', chinese: '版本或操作次数已达上限。' },
]

describe.each(ROWS)('$problem to $step', ({ problem, step, chinese }) => {
  test('is said in both languages', () => {
    expect(refusedWords(problem, step, { text: zh, officeName })).toBe(chinese)
    const english = refusedWords(problem, step, { text: en, officeName: () => 'the county' })
    expect(english?.replace('李四', '')).toMatch(/^[^\p{Script=Han}]+$/u)
  })
})

test.each([
  { status: 500, more: {} },
  { status: 400, more: { field: 'who' } },
  { status: 403, more: { lacks: 'a in b' } },
  { status: 0 },
])('%j is no refusal of the way', (problem) => {
  expect(refusedWords(problem, 'build', { text: zh, officeName })).toBeUndefined()
})

test('findings are those of a refused check alone', () => {
  expect(shownFindings({ status: 422, more: { problems: [finding] } })).toEqual([finding])
  expect(shownFindings({ status: 400, more: { problems: [{ field: 'who', reason: 'x' }] } })).toEqual([])
  expect(shownFindings({ status: 422, more: { problems: [{ field: 'who', reason: 'x' }] } })).toEqual([])
})
