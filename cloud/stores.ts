// Which store holds what in AWS: chosen at deploy, opened at first use.

import type { ConsumptionStore, ReadingStore, StateStore } from '../functions/platform.ts'

export const openState = (): StateStore => {
  throw new Error('the stores of the AWS platform are not part of this build yet')
}
export const openReadings = (): ReadingStore => {
  throw new Error('the stores of the AWS platform are not part of this build yet')
}
export const openConsumption = (): ConsumptionStore => {
  throw new Error('the stores of the AWS platform are not part of this build yet')
}
