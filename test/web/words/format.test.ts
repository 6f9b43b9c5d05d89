// How numbers, units and times look on the page.

import { describe, expect, test } from 'vitest'
import {
  formatAmount,
  formatChance,
  formatCoverage,
  formatIndicator,
  formatIndicatorUnit,
  formatNumber,
  formatRatio,
  formatRegister,
  formatRegistered,
  formatScaled,
  formatTime,
  formatUnit,
  scaleOf,
  withUnit,
} from '../../../web/src/words/format.ts'

test.each([
  { value: 3_570_012.4, want: '3,570,012' },
  { value: 1000, want: '1,000' },
  { value: 257.42, want: '257.4' },
  { value: 15.756, want: '15.76' },
  { value: 0.31, want: '0.310' },
  { value: 0, want: '0.00' },
  { value: -12.345, want: '-12.35' },
  { value: null, want: '—' },
  { value: undefined, want: '—' },
  { value: Number.NaN, want: '—' },
])('an amount of $value is written $want', ({ value, want }) => {
  expect(formatAmount(value)).toBe(want)
})

test('a fixed number of decimals keeps columns straight', () => {
  expect([formatNumber(1234.5, 2), formatNumber(0, 2), formatNumber(31_600, 0), formatNumber(null, 2)]).toEqual([
    '1,234.50',
    '0.00',
    '31,600',
    '—',
  ])
})

test('a registered number has no digits beyond those of a double', () => {
  expect([130_608.1 + 0.1, 0.1 + 0.2, 1 / 3, 12_345_678.9, 1e-7].map(formatRegistered)).toEqual([
    ...['130608.2', '0.3', '0.333333333333333', '12345678.9', '1e-7'],
  ])
})

test('a hair below zero is not written as minus zero', () => {
  expect(formatNumber(-0.001, 2)).toBe('0.00')
})

test('totals are written by their size, intensities with two decimals', () => {
  expect(formatIndicator('energy', 3_570_000)).toBe('3,570,000')
  expect(formatIndicator('energyPerCapita', 257.42)).toBe('257.42')
  expect(formatIndicator('waterPerCapita', null)).toBe('—')
})

describe('rounding never makes things look better than they are', () => {
  test.each([
    { ratio: 0.908, want: '90.8%' },
    { ratio: 1, want: '100.0%' },
    { ratio: 1.00001, want: '100.1%' },
    { ratio: 0.57, want: '57.0%' },
    { ratio: null, want: '—' },
  ])('a ratio of $ratio is $want', ({ ratio, want }) => {
    expect(formatRatio(ratio)).toBe(want)
  })

  test.each([
    { share: 1, want: '100.0%' },
    { share: 0.99999, want: '99.9%' },
    { share: 0.57, want: '57.0%' },
    { share: 0, want: '0.0%' },
    { share: null, want: '—' },
  ])('a coverage of $share is $want', ({ share, want }) => {
    expect(formatCoverage(share)).toBe(want)
  })
})

test.each([
  { chance: 0.264, want: '26%' },
  { chance: 0.0001, want: '< 1%' },
  { chance: 0.99999, want: '> 99%' },
  { chance: 1, want: '> 99%' },
  { chance: null, want: '—' },
])('a chance of $chance is $want, never certain', ({ chance, want }) => {
  expect(formatChance(chance)).toBe(want)
})

test.each([
  { unit: 'kgce/person', zh: 'kgce/人', en: 'kgce/person' },
  { unit: 'm3/person', zh: 'm³/人', en: 'm³/person' },
  { unit: 'kgCO2/m2', zh: 'kgCO₂/m²', en: 'kgCO₂/m²' },
  { unit: 'kWh', zh: 'kWh', en: 'kWh' },
])('$unit is $zh in Chinese and $en in English', ({ unit, zh, en }) => {
  expect([formatUnit(unit, 'zh'), formatUnit(unit, 'en')]).toEqual([zh, en])
})

test('mass of CO2 says of what', () => {
  expect(formatIndicatorUnit({ indicator: 'co2', unit: 't' }, 'zh')).toBe('tCO₂')
  expect(formatIndicatorUnit({ indicator: 'co2', unit: 'tCO2' }, 'zh')).toBe('tCO₂')
  expect(formatIndicatorUnit({ indicator: 'co2PerArea', unit: 'kg/m²' }, 'en')).toBe('kgCO₂/m²')
  expect(formatIndicatorUnit({ indicator: 'energy', unit: 'tce' }, 'zh')).toBe('tce')
})

test.each([
  { values: [98_300, 12], unit: 'tce', zh: '万吨标准煤', en: 'thousand tce', per: [1e4, 1e3] },
  { values: [7_053_548, null], unit: 'm³', zh: '万 m³', en: 'million m³', per: [1e4, 1e6] },
  { values: [225_000_000], unit: 'm³', zh: '亿 m³', en: 'million m³', per: [1e8, 1e6] },
  { values: [395_000], unit: 'tCO₂', zh: '万吨 CO₂', en: 'thousand tCO₂', per: [1e4, 1e3] },
  { values: [8_541], unit: 'tce', zh: 'tce', en: 'tce', per: [1, 1] },
  { values: [null], unit: 'tce', zh: 'tce', en: 'tce', per: [1, 1] },
  { values: [0], unit: 'tce', zh: 'tce', en: 'tce', per: [1, 1] },
  { values: [0.42, null], unit: 'tce', zh: 'kgce', en: 'kgce', per: [1e-3, 1e-3] },
  { values: [0.42], unit: 'tCO₂', zh: 'kgCO₂', en: 'kgCO₂', per: [1e-3, 1e-3] },
  { values: [0.42], unit: 'm³', zh: 'm³', en: 'm³', per: [1, 1] },
])('$values $unit are written in $zh, in English in $en', ({ values, unit, zh, en, per }) => {
  const scales = [scaleOf(values, unit, 'zh'), scaleOf(values, unit, 'en')]
  expect(scales).toEqual([
    { per: per[0], unit: zh },
    { per: per[1], unit: en },
  ])
})

test.each([
  { value: 98_312, per: 1e4, want: '9.83' },
  { value: 34.2, per: 1e4, want: '0.0034' },
  { value: -34.2, per: 1e4, want: '-0.0034' },
  { value: 0, per: 1e4, want: '0.00' },
  { value: null, per: 1e4, want: '—' },
])('$value in a scale of $per is $want: what is there is never written as nothing', ({ value, per, want }) => {
  expect(formatScaled(value, per)).toBe(want)
})

test('a register is not rounded', () => {
  expect([formatRegister(176_709.66), formatRegister(0.001), formatRegister(null)]).toEqual([
    '176,709.66',
    '0.001',
    '—',
  ])
})

test('an unknown amount has no unit', () => {
  expect([withUnit('1.00', 'kWh'), withUnit('—', 'kWh')]).toEqual(['1.00 kWh', '—'])
})

test('times are those of UTC+8', () => {
  expect(formatTime(Date.UTC(2026, 10, 23, 16, 5))).toBe('2026-11-24 00:05')
  expect(formatTime(null)).toBe('—')
})
