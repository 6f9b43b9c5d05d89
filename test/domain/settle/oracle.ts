// The rules of docs/rules/settling.md once more, word by word and slowly: a sum over all steps for every hour, in whole
// steps of the resolution. It shares no code with domain/register*.ts, so that the two can be held against each other.

import type { MeterProfile, Samples } from '../../../domain/settle/series.ts'

const HOUR = 3_600_000

interface Reading {
  atMs: number
  steps: number
}
interface Step {
  from: Reading
  to: Reading
  kind: 'kept' | 'rollover' | 'reset'
  /** In steps of the resolution. */
  energy: number
}
export interface OracleHour {
  hourMs: number
  amount: number | null
  flag: string
}

export function settleByTheBook(profile: MeterProfile, samples: Samples): { hours: OracleHour[]; conserved: number } {
  const registers = splitRegisters(profile, samples)
  const spikes: Reading[] = []
  const goods = registers.map((register) => leaveOutSpikes(register, spikes))
  const steps = goods.flatMap((register) => stepsOf(profile, register))
  const scale = profile.resolution * profile.multiplier * profile.factor

  // Conservation (docs/rules/settling.md#conservation): last - first per piece between resets and replacements, +
  // 10^digits per rollover.
  let conserved = 0
  for (const register of goods) {
    let start = register[0]
    for (const step of stepsOf(profile, register)) {
      if (step.kind === 'rollover') conserved += rolloverSteps(profile)
      if (step.kind !== 'reset') continue
      conserved += step.from.steps - start.steps
      start = step.to
    }
    conserved += register[register.length - 1].steps - start.steps
  }

  const all = goods.flat()
  const firstMs = all[0].atMs
  const lastMs = all[all.length - 1].atMs
  const hours: OracleHour[] = []
  for (let hourMs = Math.floor(firstMs / HOUR) * HOUR; hourMs < lastMs; hourMs += HOUR) {
    const endMs = hourMs + HOUR
    const overlapping = steps.filter(({ from, to }) => Math.min(to.atMs, endMs) > Math.max(from.atMs, hourMs))
    const isUnknown = overlapping.some((s) => s.kind === 'reset' && s.from.atMs <= hourMs && s.to.atMs >= endMs)
    let amount = 0
    for (const { from, to, kind, energy } of overlapping) {
      const overlapMs = Math.min(to.atMs, endMs) - Math.max(from.atMs, hourMs)
      if (kind !== 'reset') amount += (energy * overlapMs) / (to.atMs - from.atMs)
    }
    let flag = 'measured'
    if (overlapping.some((s) => s.kind === 'reset')) flag = 'reset'
    else if (spikes.some((spike) => spike.atMs >= hourMs && spike.atMs <= endMs)) flag = 'suspect'
    else if (hourMs < firstMs || endMs > lastMs) flag = 'partial'
    else if (overlapping.some((s) => s.to.atMs - s.from.atMs > 2 * HOUR)) flag = 'estimated'
    hours.push({ hourMs, amount: isUnknown ? null : amount * scale, flag })
  }
  return { hours, conserved: conserved * scale }
}

const rolloverSteps = (profile: MeterProfile): number =>
  profile.digits === undefined ? Number.POSITIVE_INFINITY : Math.round(10 ** profile.digits / profile.resolution)

function splitRegisters(profile: MeterProfile, samples: Samples): Reading[][] {
  const stepsIn = (value: number): number => Math.round(value / profile.resolution)
  const registers: Reading[][] = [[]]
  const changes = [...profile.replacements].sort((a, b) => a.atMs - b.atMs)
  let next = 0
  const changeUntil = (atMs: number): void => {
    for (; next < changes.length && changes[next].atMs <= atMs; next++) {
      const change = changes[next]
      registers[registers.length - 1].push({ atMs: change.atMs, steps: stepsIn(change.finalValue) })
      registers.push([{ atMs: change.atMs, steps: stepsIn(change.startValue) }])
    }
  }
  samples.atMs.forEach((atMs, i) => {
    changeUntil(atMs)
    if (changes.some((change) => change.atMs === atMs)) return
    registers[registers.length - 1].push({ atMs, steps: stepsIn(samples.value[i]) })
  })
  changeUntil(Number.POSITIVE_INFINITY)
  return registers
}

function leaveOutSpikes(register: Reading[], spikes: Reading[]): Reading[] {
  const J = 100
  const good: Reading[] = []
  register.forEach((s, i) => {
    if (i > 0 && i < register.length - 1) {
      const a = good[good.length - 1].steps
      const b = register[i + 1].steps
      if (b >= a - J && (s.steps > b + J || s.steps < a - J)) {
        spikes.push(s)
        return
      }
    }
    good.push(s)
  })
  return good
}

function stepsOf(profile: MeterProfile, register: Reading[]): Step[] {
  const full = rolloverSteps(profile)
  return register.slice(1).map((to, i): Step => {
    const from = register[i]
    if (from.steps - to.steps <= 100) return { from, to, kind: 'kept', energy: to.steps - from.steps }
    if (from.steps >= 0.9 * full && to.steps <= 0.1 * full) {
      return { from, to, kind: 'rollover', energy: to.steps + full - from.steps }
    }
    return { from, to, kind: 'reset', energy: 0 }
  })
}
