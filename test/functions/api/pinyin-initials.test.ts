// The initials of every character of GB 2312 are those that pinyin-pro knows.

import { pinyin } from 'pinyin-pro'
import { expect, test } from 'vitest'
import { searchOf } from '../../../functions/api/name-search.ts'
import { initialsOf } from '../../../functions/api/pinyin-initials.ts'

/** The two-byte characters of GB 2312's rows of characters. */
function characters(): string[] {
  const decoder = new TextDecoder('gb18030')
  const found: string[] = []
  for (let high = 0xb0; high <= 0xf7; high++)
    for (let low = 0xa1; low <= 0xfe; low++) found.push(decoder.decode(Uint8Array.of(high, low)))
  return found.filter((char) => /\p{Script=Han}/u.test(char))
}

test('each character has the initials of all its readings', () => {
  const all = characters()
  expect(all.length).toBe(6_763)
  const wrong = all.filter((char) => {
    const read = pinyin(char, { pattern: 'first', toneType: 'none', multiple: true, type: 'array' })
    const wanted = [...new Set(read.map((one) => one.toLowerCase()).filter((one) => /^[a-z]$/.test(one)))]
      .sort()
      .join('')
    return wanted !== '' && initialsOf(char) !== wanted
  })
  expect(wrong).toEqual([])
})

test.each([
  ['sjz', '石家庄市第一中学', true],
  ['caq', '长安区政府', true],
  ['zaq', '长安区政府', true],
  ['SJZ 中学', '石家庄市第一中学', true],
  ['szj', '石家庄市第一中学', false],
  ['no7', '石家庄No7中学', true],
])('%s in %s: %s', (typed, name, isFound) => {
  expect(searchOf(typed)({ id: 'X-1', name, nameEn: null })).toBe(isFound)
})
