// Computes the energy and water points of a demonstration unit (节约型公共机构示范单位): energy per area and per person and
// water per person against the provincial mean of its kind (docs/rules/quota.md#demonstration-units). People score the
// other items of the sheet.

import { DUAL_CONTROL, type IntensityIndicator } from '../indicator.ts'
import type { Institution } from '../registry/records.ts'
import { DEMONSTRATION_LADDERS, type DemonstrationLadder } from '../standards/demonstration.ts'
import { isValidOn } from '../standards/validity.ts'
import type { KnownYear } from './known-share.ts'

const DEMONSTRATION_INDICATORS = [
  'energyPerArea',
  'energyPerCapita',
  'waterPerCapita',
] as const satisfies readonly IntensityIndicator[]
export type DemonstrationIndicator = (typeof DEMONSTRATION_INDICATORS)[number]

/** One institution's rolling year of energy and of water. */
export interface DemonstrationYear {
  institution: Pick<Institution, 'id' | 'type' | 'venueKind'>
  energy: KnownYear
  water: KnownYear
}

/**
 * Weighting of a kind's mean. No source prescribes it. `ratioOfSums`, the default, is how the province computes its
 * published value: 15.76 kgce/m² is all energy over all area (docs/rules/facts.md#hebei-2020-and-2025).
 * `meanOfRatios` weights all institutions equally.
 */
export type MeanWeighting = 'ratioOfSums' | 'meanOfRatios'

export interface PeerMean {
  mean: number
  /** Number of institutions in the mean: those with a full year, known size and known amount. */
  members: number
  weighting: MeanWeighting
}
/** By `peerKind`, then by indicator; an indicator that no institution has is absent. */
export type PeerMeans = ReadonlyMap<string, Partial<Record<DemonstrationIndicator, PeerMean>>>

/**
 * Group of comparable institutions: the type; for venues also the kind, since the statistics separate culture and sport
 * (docs/rules/facts.md#institution-codes).
 */
export const peerKind = ({ type, venueKind }: Pick<Institution, 'type' | 'venueKind'>): string =>
  type === 'venue' && venueKind ? `${type} ${venueKind}` : type

interface Sum {
  amount: number
  size: number
  ratios: number
  members: number
}
/** The sums that means are computed from, by `peerKind` and indicator; they add over counties. Plain JSON. */
export type PeerSums = Record<string, Partial<Record<DemonstrationIndicator, Sum>>>

export function peerSums(years: Iterable<DemonstrationYear>): PeerSums {
  const sums: PeerSums = {}
  for (const year of years) {
    const kind = peerKind(year.institution)
    for (const indicator of DEMONSTRATION_INDICATORS) {
      const fraction = fractionOf(year, indicator)
      if (!fraction) continue
      const { amount, size } = fraction
      sums[kind] = {
        ...sums[kind],
        [indicator]: added(sums[kind]?.[indicator], { amount, size, ratios: amount / size, members: 1 }),
      }
    }
  }
  return sums
}

export function addPeers(a: PeerSums, b: PeerSums): PeerSums {
  const sums: PeerSums = { ...a }
  for (const [kind, ofKind] of Object.entries(b))
    for (const indicator of DEMONSTRATION_INDICATORS) {
      const sum = ofKind[indicator]
      if (sum) sums[kind] = { ...sums[kind], [indicator]: added(sums[kind]?.[indicator], sum) }
    }
  return sums
}

const added = (a: Sum | undefined, b: Sum): Sum =>
  a
    ? {
        amount: a.amount + b.amount,
        size: a.size + b.size,
        ratios: a.ratios + b.ratios,
        members: a.members + b.members,
      }
    : b

/** The means of each kind over all institutions given (the province's). */
export const peerMeans = (years: Iterable<DemonstrationYear>, weighting?: MeanWeighting): PeerMeans =>
  peerMeansOf(peerSums(years), weighting)

export function peerMeansOf(sums: PeerSums, weighting: MeanWeighting = 'ratioOfSums'): PeerMeans {
  const meanOf = ({ amount, size, ratios, members }: Sum): PeerMean => ({
    mean: weighting === 'ratioOfSums' ? amount / size : ratios / members,
    members,
    weighting,
  })
  return new Map(
    Object.entries(sums).map(([kind, ofKind]) => [
      kind,
      Object.fromEntries(Object.entries(ofKind).map(([indicator, sum]) => [indicator, meanOf(sum)])),
    ]),
  )
}

export interface DemonstrationItem {
  indicator: DemonstrationIndicator
  unit: string
  value: number | null
  mean: number | null
  members: number
  weighting: MeanWeighting | null
  /** value / mean. */
  ratio: number | null
  points: number | null
  /**
   * `unknownTime`: too little of the year is known. `noValue`: no full year, an unknown size, or fuel without a
   * coefficient. `noPeers`: a mean over itself alone says nothing.
   */
  reason: 'unknownTime' | 'noValue' | 'noPeers' | null
  /** Share of the year that is known, 0 to 1 (docs/rules/data.md#known-share). */
  knownShare: number | null
  provisional: boolean
  /**
   * For energy per area, which leaves out the fuel of official vehicles (公务用车用油). `unmarked`: petrol or diesel was
   * billed, but no bill names transport as its purpose, so the value may be too high.
   */
  transport: 'excluded' | 'unmarked' | 'none' | null
}

export interface DemonstrationPoints {
  institution: string
  ladder: DemonstrationLadder
  items: DemonstrationItem[]
  /** Points for meeting the targets of the last two years; null when unknown. */
  targetPoints: number | null
  /** Sum of the known points. */
  points: number
  /** Maximum of the four items, out of the ladder's `blockPoints`: the rules of the other items are not known. */
  pointsMax: number
}

/** Throws an Error when no ladder is valid on the local date. */
export function demonstrationPoints(
  year: DemonstrationYear,
  means: PeerMeans,
  {
    date,
    targetsMet,
    ladders = DEMONSTRATION_LADDERS,
  }: { date: string; targetsMet: boolean | null; ladders?: readonly DemonstrationLadder[] },
): DemonstrationPoints {
  const ladder = ladders.find((row) => isValidOn(row, date))
  if (!ladder) throw new Error(`no ladder for demonstration units is valid on ${date}`)
  const ofKind = means.get(peerKind(year.institution))
  const items = DEMONSTRATION_INDICATORS.map((indicator) => itemOf(year, indicator, ofKind?.[indicator], ladder))
  const targetPoints = targetsMet === null ? null : targetsMet ? ladder.targetPoints : 0
  return {
    institution: year.institution.id,
    ladder,
    items,
    targetPoints,
    points: items.reduce((sum, item) => sum + (item.points ?? 0), targetPoints ?? 0),
    pointsMax: (ladder.steps.at(0)?.points ?? 0) * items.length + ladder.targetPoints,
  }
}

/** Relative tolerance for floating point: a value of exactly 0.9 of the mean meets the step. */
const RATIO_SLACK = 1e-9

/** Points of value / mean; equality meets a step; 0 beyond the last step. */
export const ladderPoints = (ratio: number, { steps }: Pick<DemonstrationLadder, 'steps'>): number =>
  steps.find(({ ratioMax }) => ratio <= ratioMax * (1 + RATIO_SLACK))?.points ?? 0

function itemOf(
  year: DemonstrationYear,
  indicator: DemonstrationIndicator,
  peers: PeerMean | undefined,
  ladder: DemonstrationLadder,
): DemonstrationItem {
  const fraction = fractionOf(year, indicator)
  const value = fraction && fraction.amount / fraction.size
  const comparable = value !== null && peers !== undefined && peers.members > 1 && peers.mean > 0
  const ratio = comparable ? value / peers.mean : null
  const { knownShare, provisional, year: judged } = year[DUAL_CONTROL[indicator].resource]
  const why = knownShare !== null && judged === null ? 'unknownTime' : 'noValue'
  return {
    indicator,
    unit: DUAL_CONTROL[indicator].unit,
    value,
    mean: peers?.mean ?? null,
    members: peers?.members ?? 0,
    weighting: peers?.weighting ?? null,
    ratio,
    points: ratio === null ? null : ladderPoints(ratio, ladder),
    reason: value === null ? why : ratio === null ? 'noPeers' : null,
    knownShare,
    provisional: value !== null && provisional,
    transport: indicator === 'energyPerArea' && value !== null ? transportOf(year) : null,
  }
}

function transportOf({ energy: { year: energy } }: DemonstrationYear): DemonstrationItem['transport'] {
  if (!energy) return null
  if (energy.transportEnergyKgce > 0) return 'excluded'
  return energy.petrolKg + energy.dieselKg > 0 ? 'unmarked' : 'none'
}

function fractionOf(
  { energy: { year: energy }, water: { year: water } }: DemonstrationYear,
  indicator: DemonstrationIndicator,
): { amount: number; size: number } | null {
  // The sums leave out fuel without a coefficient: a value computed without it would be too good.
  const whole = energy && energy.fuelKgWithoutCoefficient === 0 ? energy : null
  const { resource, numerator, size: sizeField } = DUAL_CONTROL[indicator]
  const own = resource === 'water' ? water : whole
  if (!own) return null
  const transport = indicator === 'energyPerArea' ? own.transportEnergyKgce : 0
  const [amount, size] = [own[numerator] - transport, own[sizeField]]
  return size !== null && size > 0 ? { amount, size } : null
}
