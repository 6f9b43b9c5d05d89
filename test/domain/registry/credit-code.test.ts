// Credit codes: the check character, the character set, and what spreadsheets make of them.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { creditCodeDoubt, creditCodeFinding } from '../../../domain/registry/credit-code.ts'

it.each(['91350100M000100Y43', '91330100799655058B', '9144030071526726XG'])('%s', (code) => {
  expect(creditCodeFinding(code)).toBeUndefined()
  expect(creditCodeDoubt(code)).toBeUndefined()
})

it.each([
  ['9.11E+17', /scientific notation/],
  ['1.11301E+17', /scientific notation/],
  ['9,11e17', /scientific notation/],
  ['91350100M000100Y4I', /has "I"/],
  ['91350100m000100Y43', /has "m"/],
  ['91350100M000100Y4', /has 17 characters/],
  ['123456789', /has 9 characters/],
])('%s is refused', (code, says) => {
  expect(creditCodeFinding(code)).toMatch(says)
})

it('finds every single wrong character, and every two neighbours that changed places', () => {
  const characters = '0123456789ABCDEFGHJKLMNPQRTUWXY'
  const code = [...'91350100M000100Y43']
  fc.assert(
    fc.property(fc.nat(17), fc.nat(30), (place, value) => {
      const wrong = code.with(place, characters.charAt(value)).join('')
      expect(creditCodeDoubt(wrong) === undefined).toBe(wrong === code.join(''))
      const next = (place + 1) % 17
      const swapped = code.with(place, code[next]).with(next, code[place]).join('')
      if (place < 17) expect(creditCodeDoubt(swapped) === undefined).toBe(code[place] === code[next])
    }),
    { numRuns: 1_000 },
  )
})

it('says which check character would fit', () => {
  expect(creditCodeDoubt('91350100M000100Y44')).toBe('ends in 4; by its other characters it would end in 3')
})
