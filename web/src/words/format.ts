// Formats numbers, units and instants for the page. An unknown value is “—”, never 0.

import { formatInstant } from '../../../domain/calendar.ts'
import { type Indicator, isTotal } from '../../../domain/indicator.ts'
import type { Language } from '../../../domain/phrase.ts'

export const UNKNOWN = '—'
type Amount = number | null | undefined

// Chinese and English group digits equally, so one formatter serves both.
const formatterOf = (digits: number) =>
  new Intl.NumberFormat('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    // A tiny negative amount is 0.00, not -0.00.
    signDisplay: 'negative',
  })
const formatters = { 0: formatterOf(0), 1: formatterOf(1), 2: formatterOf(2), 3: formatterOf(3) }

/** A number with a fixed count of decimals (0 to 3) and thousands separators. */
export function formatNumber(value: Amount, digits: 0 | 1 | 2 | 3): string {
  return isKnown(value) ? formatters[digits].format(value) : UNKNOWN
}

/** A number with decimals by its size: 3,570,012; 257.4; 15.76; 0.310. */
export function formatAmount(value: Amount): string {
  if (!isKnown(value)) return UNKNOWN
  const size = Math.abs(value)
  return formatNumber(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 || size === 0 ? 2 : 3)
}

const registers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 })
/** A register as it was read, not rounded: what the meter's face shows. */
export const formatRegister = (value: Amount): string => (isKnown(value) ? registers.format(value) : UNKNOWN)

/** A number as it was registered, by the 15 digits that a double holds: 130608.2, not 130608.20000000002. */
export const formatRegistered = (value: number): string => String(Number(value.toPrecision(15)))

/** `amount unit`; only “—” when the amount is unknown. */
export const withUnit = (amount: string, unit: string): string => (amount === UNKNOWN ? UNKNOWN : `${amount} ${unit}`)

/** A unit of the trade: an amount of `per` of the unit it comes in. */
export interface Scale {
  per: number
  unit: string
}

/** From which size on totals are written in 万 (10⁴) and 亿 (10⁸), or in thousands and millions. */
const SCALES: Record<Language, readonly { from: number; per: number; word: string }[]> = {
  zh: [
    { from: 1e8, per: 1e8, word: '亿' },
    { from: 1e4, per: 1e4, word: '万' },
  ],
  en: [
    { from: 1e6, per: 1e6, word: 'million ' },
    { from: 1e4, per: 1e3, word: 'thousand ' },
  ],
}

/** What is less than one of these is written in thousandths of it. */
const SMALLER: Readonly<Record<string, string>> = { tce: 'kgce', t: 'kg', 'tCO₂': 'kgCO₂' }

/**
 * The scale in which the largest of some totals is readable; `unit` is that of the API or page: `tce` is 吨标准煤, and
 * 万吨标准煤 from 10,000 on, kgce below one.
 */
export function scaleOf(values: readonly Amount[], unit: string, language: Language): Scale {
  const most = Math.max(0, ...values.filter(isKnown).map(Math.abs))
  const smaller = SMALLER[unit]
  if (smaller !== undefined && most > 0 && most < 1) return { per: 1e-3, unit: smaller }
  const found = SCALES[language].find(({ from }) => most >= from)
  if (!found) return { per: 1, unit }
  const named = language === 'zh' ? unit.replace(/^tce$/, '吨标准煤').replace(/^tCO₂$/, '吨 CO₂') : unit
  return {
    per: found.per,
    unit: `${found.word}${/^\p{Script=Han}/u.test(named) || language === 'en' ? '' : ' '}${named}`,
  }
}

const small = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 })

/** An amount in a scale, with two decimals; one that these would show as nothing, with two digits that count. */
export function formatScaled(value: Amount, per: number): string {
  if (!isKnown(value)) return UNKNOWN
  const scaled = value / per
  return scaled !== 0 && Math.abs(scaled) < SHOWN_MIN ? small.format(scaled) : formatNumber(scaled, 2)
}
/** Less than this is 0.00. */
const SHOWN_MIN = 0.005

/** An indicator of dual control: totals by their size, intensities with two decimals as official figures are. */
export function formatIndicator(indicator: Indicator, value: Amount, per = 1): string {
  if (per !== 1) return formatScaled(value, per)
  return isTotal(indicator) ? formatAmount(value) : formatNumber(value, 2)
}

/** Forecast / target in percent. Rounded up: a forecast over the target is never shown as 100.0 %. */
export function formatRatio(ratio: Amount): string {
  return isKnown(ratio) ? perCent(Math.ceil(ratio * 1000 - ROUNDING)) : UNKNOWN
}

/** A known share in percent. Rounded down: 100 % only when nothing is missing. */
export function formatCoverage(share: Amount): string {
  return isKnown(share) ? perCent(Math.floor(share * 1000 + ROUNDING)) : UNKNOWN
}

/** A change against an earlier amount: +3.2%, −1.0%. */
export function formatShareChange(change: Amount): string {
  if (!isKnown(change)) return UNKNOWN
  const said = perCent(Math.round(Math.abs(change) * 1000))
  return change > 0 ? `+${said}` : change < 0 ? `−${said}` : said
}

/** A chance in whole percent; never 0 or 100, which would be certain. */
export function formatChance(chance: Amount): string {
  if (!isKnown(chance)) return UNKNOWN
  if (chance < CHANCE_MIN) return `< ${formatNumber(CHANCE_MIN * 100, 0)}%`
  return chance > 1 - CHANCE_MIN ? `> ${formatNumber((1 - CHANCE_MIN) * 100, 0)}%` : `${formatNumber(chance * 100, 0)}%`
}
const CHANCE_MIN = 0.01

const perCent = (perMille: number): string => `${formatNumber(perMille / 10, 1)}%`
// Corrects the binary rounding of a share such as 0.57: times 1000 it is 569.99…
const ROUNDING = 1e-9

/** A unit of the API in the reader's language: `kgce/person` is kgce/人, `kgCO2/m2` is kgCO₂/m². */
export function formatUnit(unit: string, language: Language): string {
  const signs = unit
    .replace('CO2', 'CO₂')
    .replace(/\bm2\b/, 'm²')
    .replace(/\bm3\b/, 'm³')
  return language === 'zh' ? signs.replace('person', '人') : signs
}

/** The unit of a dual-control indicator. The API has plain `t` and `kg/m²` for CO2; the page adds “CO₂”. */
export function formatIndicatorUnit(row: { indicator: string; unit: string }, language: Language): string {
  const unit = row.indicator.startsWith('co2') ? row.unit.replace(/^(k?g|t)(?=$|\/)/, '$1CO₂') : row.unit
  return formatUnit(unit, language)
}

/** `YYYY-MM-DD HH:mm` in UTC+8. */
export function formatTime(ms: Amount): string {
  return isKnown(ms) ? formatInstant(ms).slice(0, 16).replace('T', ' ') : UNKNOWN
}

function isKnown(value: Amount): value is number {
  return value !== null && value !== undefined && Number.isFinite(value)
}
