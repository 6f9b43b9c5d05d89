// The last link of a chain: two registers whose difference is the hour.

import { expect, test } from 'vitest'
import { registerStep } from '../../../domain/explain/register-step.ts'

const HOUR = { fromMs: 0, toMs: 3_600_000, times: 80 }
const REGISTERS = new Map([
  [0, 176_709.66],
  [3_600_000, 176_710.42],
])

test('registers at both ends whose difference is the amount are its step', () => {
  expect(registerStep(REGISTERS, { ...HOUR, amount: 60.8 })).toEqual({ from: 176_709.66, to: 176_710.42, times: 80 })
})

test.each([
  { name: 'an amount that is not their difference', amount: 60.9 },
  { name: 'an amount 80 times smaller', amount: 0.76 },
  { name: 'an unknown amount', amount: null },
  { name: 'an hour without a reading at its end', amount: 60.8, toMs: 3_600_001 },
  { name: 'an hour without a reading at its start', amount: 60.8, fromMs: 1 },
])('$name has none', (given) => {
  expect(registerStep(REGISTERS, { ...HOUR, ...given })).toBeNull()
})

test('an hour without use has the same register twice', () => {
  const still = new Map([...REGISTERS.keys()].map((ms) => [ms, 5]))
  expect(registerStep(still, { ...HOUR, amount: 0 })).toEqual({ from: 5, to: 5, times: 80 })
})
