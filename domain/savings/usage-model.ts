// A fitted usage-per-day model and its predictions (docs/rules/savings.md#model).

/** Names of the CalTRACK methods, as reports and other programs know them. */
export type UsageModelKind = 'intercept_only' | 'hdd_only' | 'cdd_only' | 'cdd_hdd'

/** Use a day = intercept + betaHdd · max(0, balanceHdd − T) + betaCdd · max(0, T − balanceCdd). */
export interface UsageModel {
  kind: UsageModelKind
  /** Amount a day. */
  intercept: number
  /** Amount a degree day; null in a model without heating. */
  betaHdd: number | null
  balanceHdd: number | null
  betaCdd: number | null
  balanceCdd: number | null
}

/** The parts of a prediction, amounts a day. */
export interface UsageParts {
  base: number
  heating: number
  cooling: number
}

export const heatingDegrees = (temperature: number, balance: number): number => Math.max(0, balance - temperature)
export const coolingDegrees = (temperature: number, balance: number): number => Math.max(0, temperature - balance)

/** Parts of the use of a day with this mean temperature. */
export function usageParts(model: UsageModel, temperature: number): UsageParts {
  const { intercept, betaHdd, balanceHdd, betaCdd, balanceCdd } = model
  return {
    base: intercept,
    heating: betaHdd === null || balanceHdd === null ? 0 : betaHdd * heatingDegrees(temperature, balanceHdd),
    cooling: betaCdd === null || balanceCdd === null ? 0 : betaCdd * coolingDegrees(temperature, balanceCdd),
  }
}

/** Use of a day with this mean temperature. */
export function predictDay(model: UsageModel, temperature: number): number {
  const { base, heating, cooling } = usageParts(model, temperature)
  return base + heating + cooling
}

/** Number of slopes; CalTRACK's c, which does not count the intercept. */
export const slopeCount = ({ betaHdd, betaCdd }: UsageModel): number =>
  (betaHdd === null ? 0 : 1) + (betaCdd === null ? 0 : 1)
