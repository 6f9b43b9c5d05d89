// Every cause of a revision has words in both languages, which name who and what.

import { expect, test } from 'vitest'
import { type Cause, causeSchema } from '../../../domain/judge/revision-cause.ts'
import { causeWords } from '../../../web/src/words/cause-words.ts'
import { en } from '../../../web/src/words/en.ts'
import { zh } from '../../../web/src/words/zh.ts'

const atMs = Date.UTC(2026, 9, 7, 4)
const ROWS: { cause: Cause; names: string[]; zh: string }[] = [
  { cause: { kind: 'lateReadings', meter: 'M', count: 3 }, names: ['M', '3'], zh: '计量表 M 迟到读数 3 条' },
  { cause: { kind: 'correctedReadings', meter: 'M', count: 3 }, names: ['M', '3'], zh: '计量表 M 更正读数 3 条' },
  {
    cause: { kind: 'repair', meter: 'M', count: 2, repair: 'r', file: 'f.csv', who: 'li' },
    names: ['M', '2', 'f.csv', 'li'],
    zh: 'li 以补数文件 f.csv 补正计量表 M 读数 2 条',
  },
  {
    cause: { kind: 'review', meter: 'M', event: `spike:${atMs}`, state: 'undone', who: 'li', atMs },
    names: ['M', '2026-10-07 12:00', 'li'],
    zh: '计量表 M 读数突跳 2026-10-07 12:00：li 已撤销',
  },
  { cause: { kind: 'meterProfile', meter: 'M', change: 'registered' }, names: ['M'], zh: '计量表 M 新登记' },
  { cause: { kind: 'meterProfile', meter: 'M', change: 'changed' }, names: ['M'], zh: '计量表 M 登记信息变更' },
  { cause: { kind: 'registry', parts: ['meters', 'area'] }, names: [], zh: '登记信息变更：计量表、所属地区' },
  { cause: { kind: 'standards' }, names: [], zh: '折标系数或二氧化碳排放因子变更' },
  { cause: { kind: 'bill', carriers: ['gas', 'new'] }, names: ['new'], zh: '账单：天然气、new' },
  { cause: { kind: 'institution', institution: 'A', change: 'joined' }, names: ['A'], zh: '机构 A 划入' },
  { cause: { kind: 'institution', institution: 'A', change: 'left' }, names: ['A'], zh: '机构 A 划出' },
  { cause: { kind: 'area', area: '130104', change: 'joined' }, names: ['130104'], zh: '区划 130104 划入' },
  { cause: { kind: 'area', area: '130104', change: 'left' }, names: ['130104'], zh: '区划 130104 划出' },
  { cause: { kind: 'below', subject: 'A', revision: 2 }, names: ['A', '2'], zh: 'A 修订 2' },
  { cause: { kind: 'below', subject: 'A', revision: null }, names: ['A'], zh: 'A 首次核算' },
  { cause: { kind: 'others', count: 7 }, names: ['7'], zh: '另有 7 项' },
  { cause: { kind: 'rebuild' }, names: [], zh: '全部重算' },
  {
    cause: { kind: 'upgrade', from: '0.1.0', to: '0.2.0' },
    names: ['0.1.0', '0.2.0'],
    zh: '系统由 0.1.0 升级到 0.2.0',
  },
]

test.each(ROWS)('$zh', ({ cause, names, zh: want }) => {
  expect(causeWords(cause, zh, 'zh')).toBe(want)
  const english = causeWords(cause, en, 'en')
  expect(english).not.toMatch(/\p{Script=Han}|undefined/u)
  for (const name of names) expect(english).toContain(name)
})

test('no kind of cause is left out', () => {
  const kinds = causeSchema.options.map(({ shape }) => shape.kind.value)
  expect(new Set(ROWS.map(({ cause }) => cause.kind))).toEqual(new Set(kinds))
})
