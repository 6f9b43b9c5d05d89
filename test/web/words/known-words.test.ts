// How much of a figure is known, in words of both languages.

import { describe, expect, test } from 'vitest'
import { UNKNOWN_REASONS } from '../../../domain/judge/result.ts'
import { en } from '../../../web/src/words/en.ts'
import { bandWords, chanceWords, provisionalWords, unknownWords } from '../../../web/src/words/known-words.ts'
import { zh } from '../../../web/src/words/zh.ts'

const UNKNOWN = { knownShare: 0.62, knownPart: 123, reason: 'unknownTime', provisional: false } as const
const KNOWN = { knownShare: 0.95, knownPart: 123, reason: null, provisional: true }

describe('a figure without a value', () => {
  test('says why, and its known part with the share', () => {
    expect(unknownWords(UNKNOWN, '123 tce', zh)).toBe('未知时段过多，不予判定；已知 62.0%：123 tce')
    expect(unknownWords(UNKNOWN, '123 tce', en)).toBe(
      'Too much of the time is unknown: not judged; 62.0% known: 123 tce',
    )
  })

  test('says the share alone where the known part makes no figure, and nothing where nothing is expected', () => {
    const sizeless = { ...UNKNOWN, knownPart: null, reason: 'noSize' as const }
    expect(unknownWords(sizeless, '—', zh)).toBe('缺少面积或人数；已知 62.0%')
    expect(unknownWords({ ...sizeless, knownShare: null, reason: 'noData' }, '—', en)).toBe('No data')
  })

  test.each(UNKNOWN_REASONS)('has words for %s', (reason) => {
    for (const text of [zh, en]) expect(unknownWords({ ...UNKNOWN, reason }, '1', text)).toContain(text.reasons[reason])
  })
})

test('a figure that is not known whole says so, and one that is says nothing', () => {
  expect(unknownWords(KNOWN, '123', zh)).toBeNull()
  expect(provisionalWords(KNOWN, zh)).toBe('已知 95.0%，数值暂定')
  expect(provisionalWords(KNOWN, en)).toBe('95.0% known: the figure is provisional')
  expect(provisionalWords({ ...KNOWN, provisional: false }, zh)).toBeNull()
})

test('a forecast has its band and the chance of exceeding the target, where there are any', () => {
  const format = (amount: number): string => amount.toFixed(1)
  expect(bandWords({ low80: 9, high80: 11 }, format, zh)).toBe('80% 区间 9.0 至 11.0')
  expect(bandWords({ low80: 9, high80: 11 }, format, en)).toBe('80% band: 9.0 to 11.0')
  expect(bandWords({ low80: null, high80: null }, format, en)).toBeNull()
  expect(chanceWords({ chance: 0.26 }, zh)).toBe('全年超过目标的可能性 26%')
  expect(chanceWords({ chance: 0.26 }, en)).toBe('Chance that the year exceeds its target: 26%')
  expect(chanceWords({ chance: null }, en)).toBeNull()
})
