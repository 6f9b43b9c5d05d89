// The rules of docs/rules/settling.md once more, word by word and slowly: a sum over all steps for every hour, in whole
// steps of the resolution. It shares no code with domain/register*.ts, so that the two can be held against each other.

import type { MeterProfile, Samples } from '../../../domain/settle/series.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const DAY = 24 * HOUR
const J = 100

interface Reading {
  atMs: number
  steps: number
  /** Place among all readings; absent for a value of a replacement. */
  n?: number
}
interface Step {
  from: Reading
  to: Reading
  kind: 'kept' | 'rollover' | 'reset' | 'doubtful'
  /** In steps of the resolution. */
  energy: number
}
export interface OracleHour {
  hourMs: number
  amount: number | null
  flag: string
}

export function settleByTheBook(profile: MeterProfile, samples: Samples): { hours: OracleHour[]; conserved: number } {
  const book: Book = { profile, raw: [], leftOut: [] }
  samples.atMs.forEach((atMs, i) => {
    const reading = { atMs, steps: Math.round(samples.value[i] / profile.resolution), n: book.raw.length }
    if (reading.steps >= rolloverSteps(profile)) book.leftOut.push({ fromMs: atMs, toMs: atMs })
    else book.raw.push(reading)
  })
  const pieces = splitRegisters(book).map((register) => stepsOf(book, register))
  const goods = pieces.filter(({ good }) => good.length > 0)
  const steps = goods.flatMap((piece) => piece.steps)
  const scale = profile.resolution * profile.multiplier * profile.factor

  // Conservation (docs/rules/settling.md#conservation): last - first per piece between unknown steps and replacements,
  // + 10^digits per rollover.
  let conserved = 0
  for (const { good, steps } of goods) {
    let start = good[0]
    for (const step of steps) {
      if (step.kind === 'rollover') conserved += rolloverSteps(profile)
      if (step.kind !== 'reset' && step.kind !== 'doubtful') continue
      conserved += step.from.steps - start.steps
      start = step.to
    }
    conserved += good[good.length - 1].steps - start.steps
  }

  const all = goods.flatMap(({ good }) => good)
  const hours: OracleHour[] = []
  if (all.length === 0 || book.raw.length === 0) return { hours, conserved: 0 }
  const firstMs = all[0].atMs
  const lastMs = all[all.length - 1].atMs
  for (let hourMs = Math.floor(firstMs / HOUR) * HOUR; hourMs < lastMs; hourMs += HOUR) {
    const endMs = hourMs + HOUR
    const overlapping = steps.filter(({ from, to }) => Math.min(to.atMs, endMs) > Math.max(from.atMs, hourMs))
    const isLost = ({ kind }: Step): boolean => kind === 'reset' || kind === 'doubtful'
    const isUnknown = overlapping.some((s) => isLost(s) && s.from.atMs <= hourMs && s.to.atMs >= endMs)
    let amount = 0
    for (const step of overlapping) {
      const { from, to, energy } = step
      const overlapMs = Math.min(to.atMs, endMs) - Math.max(from.atMs, hourMs)
      if (!isLost(step)) amount += (energy * overlapMs) / (to.atMs - from.atMs)
    }
    let flag = 'measured'
    if (overlapping.some((s) => s.kind === 'doubtful')) flag = 'doubtful'
    else if (overlapping.some((s) => s.kind === 'reset')) flag = 'reset'
    else if (book.leftOut.some(({ fromMs, toMs }) => toMs >= hourMs && fromMs <= endMs)) flag = 'suspect'
    else if (hourMs < firstMs || endMs > lastMs) flag = 'partial'
    else if (overlapping.some((s) => s.to.atMs - s.from.atMs > 2 * HOUR)) flag = 'estimated'
    hours.push({ hourMs, amount: isUnknown ? null : amount * scale, flag })
  }
  return { hours, conserved: conserved * scale }
}

interface Book {
  profile: MeterProfile
  /** Readings that are believed, in order. */
  raw: Reading[]
  /** Spans of readings that are left out, for the flag `suspect`. */
  leftOut: { fromMs: number; toMs: number }[]
}

const rolloverSteps = (profile: MeterProfile): number =>
  profile.digits === undefined ? Number.POSITIVE_INFINITY : Math.round(10 ** profile.digits / profile.resolution)

function splitRegisters(book: Book): Reading[][] {
  const { profile, raw } = book
  const stepsIn = (value: number): number => Math.round(value / profile.resolution)
  const registers: Reading[][] = [[]]
  const changes = [...profile.replacements]
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, finalValue, startValue }) => ({ atMs, end: stepsIn(finalValue), begin: stepsIn(startValue) }))
    .filter((change) => !isContradicted(book, change))
  let next = 0
  const changeUntil = (atMs: number): void => {
    for (; next < changes.length && changes[next].atMs <= atMs; next++) {
      const change = changes[next]
      registers[registers.length - 1].push({ atMs: change.atMs, steps: change.end })
      registers.push([{ atMs: change.atMs, steps: change.begin }])
    }
  }
  raw.forEach((reading) => {
    changeUntil(reading.atMs)
    if (changes.some((change) => change.atMs === reading.atMs)) return
    registers[registers.length - 1].push(reading)
  })
  changeUntil(Number.POSITIVE_INFINITY)
  return registers
}

/** The two readings before a replacement, or the two after it, contradict it. */
function isContradicted(book: Book, change: { atMs: number; end: number; begin: number }): boolean {
  const before = book.raw.filter(({ atMs }) => atMs < change.atMs).slice(-2)
  const after = book.raw.filter(({ atMs }) => atMs > change.atMs).slice(0, 2)
  const next = book.raw.filter(({ atMs }) => atMs <= change.atMs).length
  const isBadBefore = (read: Reading): boolean =>
    read.steps - change.end > J ||
    isBeyond(book, { from: read, toMs: change.atMs, next, rise: change.end - read.steps })
  const isBadAfter = (read: Reading): boolean => {
    if (change.begin - read.steps > J) return true
    const [last] = before.slice(-1)
    if (!last) return false
    const way = {
      from: last,
      sinceMs: change.atMs,
      toMs: read.atMs,
      next: read.n ?? 0,
      rise: read.steps - change.begin,
    }
    return isBeyond(book, way)
  }
  return (before.length > 0 && before.every(isBadBefore)) || (after.length > 0 && after.every(isBadAfter))
}

interface Way {
  from: Reading
  sinceMs?: number
  toMs: number
  next: number
  rise: number
  /** The way ends at a reading: not at a replacement. */
  isReading?: boolean
}

/** docs/rules/settling.md#pace */
function isBeyond({ profile, raw }: Book, { from, sinceMs, toMs, next, rise, isReading = false }: Way): boolean {
  if (rise <= J) return false
  const least = Math.min(profile.intervalMinutes, 15) * MINUTE
  const paceOf = (steps: number, fromMs: number, untilMs: number): number => steps / Math.max(untilMs - fromMs, least)
  const history = raw.filter(({ atMs }) => atMs <= from.atMs && atMs >= from.atMs - 8 * DAY)
  const flat = history.findLast(({ steps }) => steps !== from.steps)
  const isFallen = flat !== undefined && flat.steps - from.steps > J
  const stands = history.find(({ atMs }) => flat === undefined || atMs > flat.atMs) ?? from
  const flatMs = isFallen ? from.atMs : stands.atMs
  const pace = paceOf(rise, sinceMs ?? flatMs, toMs)
  const pacesOf = (some: Reading[]): number[] =>
    some.slice(1).map((to, i) => paceOf(to.steps - some[i].steps, some[i].atMs, to.atMs))
  const following = raw.slice(next, next + 5)
  const after = Math.max(0, ...pacesOf(following).filter((_, i) => !isDropoutEdge(following, i + 1)))
  const times = following.length > 1 ? 30 : 300
  if (pace <= times * after) return false
  if (isFallen && after > 0 && pace > 1000 * after) return true
  const paces = pacesOf(history)
  if (paces.length < 4) {
    return isReading && from.n === 0 && following.length === 5 && after > 0 && pace > 1000 * after
  }
  const rising = paces.filter((one, i) => one > 0 && !isDropoutEdge(history, i + 1))
  if (rising.length < 3) return false
  return rising.filter((one) => one >= pace / times).length < 3
}

/** The rise to place `i` leads out of a fall of its size or into one, over equal readings. */
function isDropoutEdge(history: Reading[], i: number): boolean {
  const rise = history[i].steps - history[i - 1].steps
  if (rise <= J) return false
  const isLike = (fall: number): boolean => fall > J && rise <= 2 * fall && fall <= 2 * rise
  let before = i - 1
  while (before > 0 && i - 1 - before < 12 && history[before - 1].steps === history[i - 1].steps) before--
  if (before > 0 && isLike(history[before - 1].steps - history[before].steps)) return true
  let after = i
  while (after < history.length - 1 && after - i < 12 && history[after + 1].steps === history[i].steps) after++
  return after < history.length - 1 && isLike(history[after].steps - history[after + 1].steps)
}

/** The place at which a register returns that leaves `good` at place `i`; `i` when it does not. */
function returnOf(register: Reading[], i: number, good: number): number {
  const read = register[i].steps
  const b = i + 1 < register.length ? register[i + 1].steps : read
  if (i + 1 < register.length && b >= good - J && (read > b + J || read < good - J)) return i + 1
  const leaves = good - read > J || (read - good > J && read - good > 10 * Math.max(0, b - read))
  if (!leaves) return i
  for (let k = i + 1; k < register.length && register[k].n !== undefined && k <= i + 12; k++) {
    const run = register.slice(i, k).map(({ steps }) => steps)
    const back = register[k].steps
    const distances = run.map((steps) => Math.abs(steps - good))
    if (distances.some((distance, j) => j > 0 && distance <= J)) return i
    const inner = run.slice(1).map((steps, j) => (steps > good === run[j] > good ? Math.abs(steps - run[j]) : 0))
    const last = run[run.length - 1]
    const comes = last > good ? last - back > J : back > last
    const isStale = run.length > 1 && run[0] < good && run.every((steps) => steps === run[0])
    const isFar = Math.min(...distances) > 10 * Math.max(0, back - good, ...inner)
    if (comes && back >= good - J && (isFar || isStale)) return k
  }
  return i
}

function stepsOf(book: Book, register: Reading[]): { good: Reading[]; steps: Step[] } {
  if (register.length === 0) return { good: [], steps: [] }
  const steps: Step[] = []
  const good = [register[0]]
  const take = (to: Reading, kind: Step['kind'], energy = 0): void => {
    steps.push({ from: good[good.length - 1], to, kind, energy })
    good.push(to)
  }
  for (let i = 1; i < register.length; i++) {
    const from = good[good.length - 1]
    const to = register[i]
    const isReading = to.n !== undefined
    const back = isReading ? returnOf(register, i, from.steps) : i
    if (back > i) {
      book.leftOut.push({ fromMs: to.atMs, toMs: register[back - 1].atMs })
      i = back - 1
      continue
    }
    const rise = to.steps - from.steps
    const isJudged = from.n !== undefined && isReading
    const way = { from, toMs: to.atMs, next: to.n ?? 0, isReading }
    const b = i + 1 < register.length ? register[i + 1].steps : to.steps
    const standsOut = rise > 10 * Math.max(0, b - to.steps) || b < to.steps
    if (isJudged && standsOut && isBeyond(book, { ...way, rise })) {
      const scaled = scaleOf(book, register, i, from)
      if (!scaled) take(to, 'doubtful')
      else if (scaled.returns) {
        book.leftOut.push({ fromMs: to.atMs, toMs: register[scaled.end - 1].atMs })
        i = scaled.end - 1
      } else {
        take(register[Math.min(scaled.end, register.length - 1)], 'doubtful')
        i = scaled.end
      }
      continue
    }
    const full = rolloverSteps(book.profile)
    if (to.atMs - from.atMs > 400 * DAY) take(to, 'doubtful')
    else if (rise >= -J) take(to, 'kept', rise)
    else if (
      from.steps >= 0.9 * full &&
      to.steps <= 0.1 * full &&
      !(isJudged && isBeyond(book, { ...way, rise: rise + full }))
    )
      take(to, 'rollover', rise + full)
    else {
      const lowered = isJudged ? loweredOf(book, register, i, from) : undefined
      if (!lowered) take(to, 'reset')
      else if (lowered.returns) {
        book.leftOut.push({ fromMs: to.atMs, toMs: register[lowered.end - 1].atMs })
        i = lowered.end - 1
      } else {
        take(register[Math.min(lowered.end, register.length - 1)], 'doubtful')
        i = lowered.end
      }
    }
  }
  return { good, steps }
}

/** docs/rules/settling.md#scale-jump: the register falls to a power of ten of where it can be. */
function loweredOf(
  book: Book,
  register: Reading[],
  i: number,
  from: Reading,
): { end: number; returns: boolean } | undefined {
  const history = book.raw.filter(({ atMs }) => atMs <= from.atMs && atMs >= from.atMs - 8 * DAY)
  const rising = history.filter(
    ({ steps }, at) => at > 0 && steps > history[at - 1].steps && !isDropoutEdge(history, at),
  )
  if (register[i].steps <= J || history.length < 5 || rising.length < 3) return undefined
  const fits = (reading: Reading, steps: number): boolean =>
    steps >= from.steps - J &&
    !isBeyond(book, { from, toMs: reading.atMs, next: reading.n ?? 0, rise: steps - from.steps, isReading: true })
  const power = [1, 2, 3, 4, 5, 6].find((one) => {
    const steps = register[i].steps * 10 ** one
    return steps - from.steps <= 0.05 * from.steps && fits(register[i], steps)
  })
  if (power === undefined) return undefined
  let last = register[i].steps
  for (let k = i + 1; k < register.length && register[k].n !== undefined; k++) {
    const { steps } = register[k]
    const leaves = steps > last * 10 ** (power / 2)
    const back = leaves || last - steps > J ? returnOf(register, k, last) : k
    if (back > k) {
      k = back - 1
      continue
    }
    if (leaves || last - steps > J) return { end: k, returns: leaves && fits(register[k], steps) }
    last = steps
  }
  const isReplaced = register[register.length - 1].n === undefined
  return { end: isReplaced ? register.length - 1 : register.length, returns: false }
}

/** docs/rules/settling.md#scale-jump */
function scaleOf(
  book: Book,
  register: Reading[],
  i: number,
  from: Reading,
): { end: number; returns: boolean } | undefined {
  if (from.steps <= J) return undefined
  const fits = (reading: Reading, steps: number): boolean =>
    !isBeyond(book, { from, toMs: reading.atMs, next: reading.n ?? 0, rise: steps - from.steps, isReading: true })
  const isScale = [1, 2, 3, 4, 5, 6].some((power) => {
    const steps = register[i].steps / 10 ** power
    return steps >= from.steps - J && steps - from.steps <= Math.max(J, 0.05 * from.steps) && fits(register[i], steps)
  })
  if (!isScale) return undefined
  let last = register[i].steps
  for (let k = i + 1; k < register.length && register[k].n !== undefined; k++) {
    const back = returnOf(register, k, last)
    if (back > k) {
      k = back - 1
      continue
    }
    const { steps } = register[k]
    if (last - steps > J) return { end: k, returns: steps >= from.steps - J && fits(register[k], steps) }
    last = steps
  }
  const isReplaced = register[register.length - 1].n === undefined
  return { end: isReplaced ? register.length - 1 : register.length, returns: false }
}
