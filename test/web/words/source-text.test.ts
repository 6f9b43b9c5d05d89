// Where the product speaks of its sources in its own words, the Chinese page has none of them in English.

import { expect, test } from 'vitest'
import { DEMO_TARGET_SOURCE } from '../../../devices/demo/targets.ts'
import { CHECK_THRESHOLDS } from '../../../domain/report/check-settings.ts'
import { chineseSource } from '../../../web/src/words/source-text.tsx'

test('own words about a source are Chinese on the Chinese page, cited ones stay', () => {
  const sources = [...Object.values(CHECK_THRESHOLDS).map(({ source }) => source), DEMO_TARGET_SOURCE]
  expect(sources.some((source) => source.includes('own choice'))).toBe(true)
  expect(sources.map(chineseSource).filter((source) => /own choice|demo figure|stand-in/.test(source))).toEqual([])
  expect(chineseSource('DB37/T annex B 等价值 (stand-in) (追溯)')).toBe('DB37/T 附录B 等价值（替代值） (追溯)')
  expect(chineseSource('public code repository (docs/rules/facts.md#co2-of-heat-and-fuels)')).toMatch(/^公开代码库 \(/)
})
