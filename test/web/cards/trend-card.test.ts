// The figures of the year's trend as a reader sees them.

import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import type { Month } from '../../../domain/calendar.ts'
import { TrendFigures } from '../../../web/src/cards/trend-card.tsx'
import { LanguageProvider } from '../../../web/src/words/language.tsx'

test('a month in its first hours has a unit of its own size, beside months of thousands of tonnes', () => {
  const monthOf = (month: string, value: number) => ({
    ...{ month: month as Month, value, yearBefore: value, cumulative: value, knownShare: 1 },
  })
  const months = [monthOf('2026-10', 12_000), monthOf('2026-11', 34.2)]
  const change = { value: 34.2, knownShare: 1, before: 40, change: -0.145 }
  const trend = {
    ...{ indicator: 'energy' as const, unit: 'tce', months },
    ...{
      overYear: change,
      overMonth: change,
      yearToDate: { value: 98_000, knownShare: 1, before: 97_000, change: 0.01 },
    },
  }
  const html = renderToStaticMarkup(
    createElement(LanguageProvider, null, createElement(TrendFigures, { trend, dualControl: null })),
  )
  expect(html).toMatch(/data-testid="trend-month">34\.20 tce</)
  // In the table, in the unit of its column.
  expect(html).toContain('<td>0.0034</td>')
})
