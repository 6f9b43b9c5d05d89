// Parses the text of one cell of a registry file to a value. Strict: "1,000" is no number, because a wrong guess would
// become a wrong denominator in every intensity later.

import { parseInstant } from '../instant.ts'
import type { FormulaPart, Replacement } from '../registry/records.ts'
import type { CellType } from './columns.ts'

export type Cell = { value: unknown } | { reason: string }

/** A longer cell is no attribute but a broken file, such as an unclosed quote. */
export const CELL_CHARS_MAX = 4_096

/** Parses a trimmed, non-empty cell. */
export function readCell(type: CellType, text: string): Cell {
  if (text.length > CELL_CHARS_MAX) return { reason: `is longer than ${CELL_CHARS_MAX} characters` }
  return READERS[type](text)
}

const READERS: Readonly<Record<CellType, (text: string) => Cell>> = {
  text: (text) => ({ value: text }),
  texts: (text) => ({ value: partsOf(text) }),
  number: readNumber,
  numbers: readNumbers,
  flag: readFlag,
  replacements: readReplacements,
  years: readYears,
  formula: readFormula,
  months: readMonths,
  hour: readHour,
  steps: readSteps,
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

/** 400/5 on the plate of a current transformer. */
const RATIO = /^(\d+)\s*[/:：]\s*(\d+)$/

function readNumber(text: string): Cell {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN
  const [, above, below] = RATIO.exec(text) ?? []
  if (above !== undefined && Number(below) > 0)
    return { reason: `is a ratio; write its quotient ${Number(above) / Number(below)}` }
  return Number.isFinite(value) ? { value } : { reason: 'is not a plain number such as 1000 or 0.5' }
}

const FLAGS = new Map([
  ['true', true],
  ['1', true],
  ['是', true],
  ['false', false],
  ['0', false],
  ['否', false],
])

function readFlag(text: string): Cell {
  const value = FLAGS.get(text.toLowerCase())
  return value === undefined ? { reason: 'is not true or false' } : { value }
}

const MULTIPLIER = /^[×x*]\d+(\.\d+)?$/
const UNIT = /^[A-Za-z]+[³3]?$/

/** `<instant> <final value> <start value> [×<multiplier>] [<unit>]`, several separated by `;`. */
function readReplacements(text: string): Cell {
  const value: Replacement[] = []
  for (const part of partsOf(text)) {
    const [at = '', final, start, ...more] = part.split(/\s+/)
    const atMs = parseInstant(at)
    const finalValue = numberOf(final)
    const startValue = numberOf(start)
    const times = more.filter((word) => MULTIPLIER.test(word))
    const units = more.filter((word) => UNIT.test(word))
    const multiplier = times[0] === undefined ? undefined : Number(times[0].slice(1))
    const isRead = times.length <= 1 && units.length <= 1 && times.length + units.length === more.length
    if (atMs === undefined || finalValue === undefined || startValue === undefined || !isRead)
      return { reason: 'is not a list of "2026-03-01T10:00:00+08:00 <final value> <start value>", separated by ";"' }
    value.push({
      atMs,
      finalValue,
      startValue,
      ...(multiplier !== undefined && { multiplier }),
      ...(units[0] !== undefined && { unit: units[0] }),
    })
  }
  return { value }
}

/** `<year>=<value>`, several separated by `;`. */
function readYears(text: string): Cell {
  const value = new Map<string, number>()
  for (const part of partsOf(text)) {
    const [year = '', amount, ...rest] = part.split('=').map((side) => side.trim())
    const target = numberOf(amount)
    if (!/^\d{4}$/.test(year) || target === undefined || rest.length > 0)
      return { reason: 'is not a list of "2026=12.5", separated by ";"' }
    if (value.has(year)) return { reason: `names the year ${year} twice` }
    value.set(year, target)
  }
  return { value: Object.fromEntries(value) }
}

/** Several numbers, separated by `;`: `1.2; 1.3; 1.5`. */
function readNumbers(text: string): Cell {
  const value = partsOf(text).map(numberOf)
  return value.includes(undefined)
    ? { reason: 'is not a list of numbers such as "1.2; 1.3", separated by ";"' }
    : { value }
}

/** `<ratio>=<points>`, several separated by `;`: `0.9=7; 1.0=6`. */
function readSteps(text: string): Cell {
  const value = partsOf(text).map((part) => {
    const [ratioMax, points, ...rest] = part.split('=').map((side) => numberOf(side.trim()))
    return rest.length === 0 ? { ratioMax, points } : {}
  })
  return value.some(({ ratioMax, points }) => ratioMax === undefined || points === undefined)
    ? { reason: 'is not a list of "<ratio>=<points>" such as "0.9=7; 1.0=6", separated by ";"' }
    : { value }
}

/** `<meter>=<factor>`, several separated by `;`: `E1=1; E2=-1`. A meter alone counts once. */
function readFormula(text: string): Cell {
  const value: FormulaPart[] = []
  for (const part of partsOf(text)) {
    const [meter = '', times, ...rest] = part.split('=').map((side) => side.trim())
    const factor = times === undefined ? 1 : numberOf(times)
    if (meter === '' || factor === undefined || rest.length > 0)
      return { reason: 'is not a list of "<meter>=<factor>" such as "E1=1; E2=-1", separated by ";"' }
    value.push({ meter, factor })
  }
  return { value }
}

/** `8`, `8.5` or `08:30`; 24:00 ends a day. */
function readHour(text: string): Cell {
  const clock = /^(\d{1,2})[:：]([0-5]\d)(?:[:：]00)?$/.exec(text)
  if (clock) return { value: Number(clock[1]) + Number(clock[2]) / 60 }
  return /^\d{1,2}(\.\d)?$/.test(text) ? { value: Number(text) } : { reason: 'is not an hour such as 8, 8.5 or 08:30' }
}

/** Month numbers and ranges: `6-8`, `1;7;8;12`, or `11-2` around the end of the year. */
function readMonths(text: string): Cell {
  const value = new Set<number>()
  for (const part of text.split(/[;；,，、]/)) {
    const range = /^(\d{1,2})(?:\s*[-–~]\s*(\d{1,2}))?$/.exec(part.trim())
    const [from, to] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])]
    // A range around the year that leaves no month out, such as 8-7, is a mistake.
    if (!(from >= 1 && from <= 12 && to >= 1 && to <= 12) || to === from - 1)
      return { reason: 'is not a list of months such as "6-8", "11-2" or "1;7;8;12"' }
    for (let month = from; ; month = (month % 12) + 1) {
      value.add(month)
      if (month === to) break
    }
  }
  return { value: [...value].sort((a, b) => a - b) }
}

const partsOf = (text: string): string[] =>
  text
    .split(/[;；]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')

function numberOf(text: string | undefined): number | undefined {
  const cell = readNumber(text ?? '')
  return 'value' in cell ? Number(cell.value) : undefined
}
