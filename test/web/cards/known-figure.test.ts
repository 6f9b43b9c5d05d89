// The cards as a reader sees them, rendered in Chinese: figures with what is known of them, and the access of an area.

import { createElement, type ReactNode } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import type { AccessView } from '../../../domain/view/access.ts'
import { AccessCard } from '../../../web/src/cards/access-card.tsx'
import { meteredShare } from '../../../web/src/cards/access-shares.ts'
import { BriefFigure, KnownFigure } from '../../../web/src/cards/known-figure.tsx'
import { RatingTag } from '../../../web/src/cards/marks.tsx'
import { LanguageProvider } from '../../../web/src/words/language.tsx'

/** The words of a card, without its marks. */
const wordsOf = (element: ReactNode): string =>
  html(element)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
const html = (element: ReactNode): string => renderToStaticMarkup(createElement(LanguageProvider, null, element))

const known = { knownShare: 1, knownPart: 10, reason: null, provisional: false }
const partly = { ...known, knownShare: 0.62, reason: 'unknownTime' as const }
const figure = { value: '10.00', part: '10.00 tce' }

test('a figure that is known is shown as it is, and marked when it is provisional', () => {
  expect(wordsOf(createElement(KnownFigure, { known, ...figure }))).toBe('10.00')
  const provisional = { ...known, knownShare: 0.95, provisional: true }
  expect(wordsOf(createElement(KnownFigure, { known: provisional, ...figure }))).toBe('10.00 暂定')
  expect(html(createElement(BriefFigure, { known: provisional, ...figure }))).toContain('已知 95.0%，数值暂定')
})

test('a figure that is not judged shows a dash, the reason and the known part, in lists on pointing', () => {
  expect(wordsOf(createElement(KnownFigure, { known: partly, ...figure }))).toBe(
    '— 未知时段过多，不予判定 已知 62.0%：10.00 tce',
  )
  const brief = createElement(BriefFigure, { known: partly, ...figure })
  expect(wordsOf(brief)).toBe('—')
  expect(html(brief)).toContain('title="未知时段过多，不予判定；已知 62.0%：10.00 tce"')
})

test('an institution without a rating has no quota, or too little is known', () => {
  expect(wordsOf(createElement(RatingTag, { rating: null, isIssued: false }))).toBe('定额未下达')
  for (const isIssued of [true, null])
    expect(wordsOf(createElement(RatingTag, { rating: null, isIssued }))).toBe('未判定')
})

const counts = {
  metered: { institutions: 3, floorAreaM2: 6000, withoutFloorArea: 0 },
  billed: { institutions: 1, floorAreaM2: 2000, withoutFloorArea: 0 },
  neither: { institutions: 4, floorAreaM2: null, withoutFloorArea: 4 },
}
const cardOf = (access: AccessView['access']): string =>
  wordsOf(
    createElement(AccessCard, {
      access: { data: { area: 'K1', asOfMs: 0, access, children: [] }, problem: null, reload: () => undefined },
    }),
  )

test('the access of an area is told by number and by floor area', () => {
  const card = cardOf(counts)
  expect(card).toContain('有计量表 3 37.5% 6,000 m² 75.0%')
  expect(card).toContain('仅有票据 1 12.5% 2,000 m² 25.0%')
  expect(card).toContain('两者均无 4 50.0% — 另有 4 家未登记建筑面积 —')
  expect(meteredShare(counts)).toBe(0.375)
})

test('an area that is not counted yet has no share', () => {
  expect(cardOf(null)).toContain('部分区县尚未统计')
  expect(meteredShare(null)).toBeNull()
})
