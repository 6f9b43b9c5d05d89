// Buildings with a known truth, seeded: a climate by the day, a use that follows it, noise of several kinds, and a
// share saved after the baseline. For the bench of the fit and for the promise of its bands
// (docs/rules/savings.md#coverage).

import { createRandom, type Random } from '../devices/random.ts'
import type { DayValues } from '../domain/savings/day-values.ts'
import { predictDay, type UsageModel } from '../domain/savings/usage-model.ts'

/** Noise of a day: alike and independent, carried over from day to day, by the day of the week, or growing with use. */
export const NOISE_KINDS = ['independent', 'carried', 'weekly', 'proportional'] as const
export type NoiseKind = (typeof NOISE_KINDS)[number]

export interface SyntheticBuilding {
  use: DayValues
  temperature: DayValues
  /** What the use follows before the work. */
  truth: UsageModel
  /** What was saved on each day, without the noise. */
  saved: Float64Array
  noise: NoiseKind
}

export const SYNTHETIC_YEAR = 365

/** Two years from day 0; work at day 365. Temperatures in °C, use in kWh. */
export function syntheticBuilding(seed: string, noise: NoiseKind): SyntheticBuilding {
  const random = createRandom(seed)
  const temperature = climate(random)
  const truth = drawTruth(random)
  const savedShare = random.between(0.05, 0.3)
  const residuals = draw(random, noise)
  const values = new Float64Array(2 * SYNTHETIC_YEAR)
  const savings = new Float64Array(values.length)
  const mean = temperature.reduce((sum, degrees) => sum + predictDay(truth, degrees), 0) / temperature.length
  for (let day = 0; day < values.length; day++) {
    const expected = predictDay(truth, temperature[day] as number)
    const saved = day < SYNTHETIC_YEAR ? 0 : savedShare * expected
    const size = noise === 'proportional' ? expected : mean
    values[day] = expected - saved + size * (residuals[day] as number)
    savings[day] = saved
  }
  return {
    use: { firstDay: 0, values },
    temperature: { firstDay: 0, values: temperature },
    truth,
    saved: savings,
    noise,
  }
}

/** A year of 12 °C ± 14 with spells of weather that last some days. */
function climate(random: Random): Float64Array {
  const mean = random.between(8, 16)
  const swing = random.between(10, 18)
  let spell = 0
  return Float64Array.from({ length: 2 * SYNTHETIC_YEAR }, (_, day) => {
    spell = 0.75 * spell + 2.5 * gauss(random)
    return mean - swing * Math.cos((2 * Math.PI * (day - 15)) / SYNTHETIC_YEAR) + spell
  })
}

function drawTruth(random: Random): UsageModel {
  const kind = random.pick(['intercept_only', 'hdd_only', 'cdd_only', 'cdd_hdd', 'cdd_hdd'] as const)
  const heats = kind === 'hdd_only' || kind === 'cdd_hdd'
  const cools = kind === 'cdd_only' || kind === 'cdd_hdd'
  const balanceHdd = random.between(8, 16)
  return {
    ...{ kind, intercept: random.between(300, 1500) },
    betaHdd: heats ? random.between(5, 60) : null,
    balanceHdd: heats ? balanceHdd : null,
    betaCdd: cools ? random.between(5, 60) : null,
    balanceCdd: cools ? balanceHdd + random.between(2, 10) : null,
  }
}

/** Noise by the day as a share of use, 5 to 15 %. */
function draw(random: Random, noise: NoiseKind): Float64Array {
  const size = random.between(0.05, 0.15)
  const carry = noise === 'carried' ? random.between(0.2, 0.85) : 0
  const weekend = noise === 'weekly' ? random.between(0.05, 0.3) : 0
  let last = gauss(random)
  return Float64Array.from({ length: 2 * SYNTHETIC_YEAR }, (_, day) => {
    last = carry * last + Math.sqrt(1 - carry * carry) * gauss(random)
    // Two of seven days are lower, the others higher, so that a week sums to nothing.
    return size * last + weekend * (day % 7 < 2 ? -1 : 0.4)
  })
}

/** A standard normal number (Box–Muller). */
const gauss = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
