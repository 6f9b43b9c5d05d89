// Finds names by a part of them, by code, and by the initials of their pinyin: `sjz` finds 石家庄. A character of several
// readings is found by each.

import { initialsOf, isChinese } from './pinyin-initials.ts'

/** Longer than any name. */
export const SEARCH_CHARS_MAX = 100

/** What is searched in; the same object is prepared once. */
interface Named {
  id: string
  name: string
  nameEn: string | null
}

const prepared = new WeakMap<Named, SearchText>()

interface SearchText {
  /** Code and names in lower case, a line each. */
  plain: string
  /** By name: the initials of each character. */
  spelled: readonly (readonly string[])[]
}

/**
 * A test of a row against what a person typed: every word must be in the code or in a name, in any case, or, when it
 * has only letters and digits, begin the pinyin of neighbouring characters.
 */
export function searchOf(typed: string): (row: Named) => boolean {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => ({ word, isSpelled: /^[a-z0-9]+$/.test(word) }))
  const textOf = (row: Named): SearchText => {
    const known = prepared.get(row)
    if (known) return known
    const names = row.nameEn === null ? [row.name] : [row.name, row.nameEn]
    // A name without Chinese characters spells itself.
    const spelled = names.filter(isChinese).map((name) => Array.from(name, initialsOf))
    const text = { plain: [row.id, ...names].join('\n').toLowerCase(), spelled }
    prepared.set(row, text)
    return text
  }
  return (row) => {
    const { plain, spelled } = textOf(row)
    return words.every(
      ({ word, isSpelled }) => plain.includes(word) || (isSpelled && spelled.some((name) => begins(name, word))),
    )
  }
}

/** Whether neighbouring characters of a name begin with the letters of a word. */
function begins(name: readonly string[], word: string): boolean {
  for (let from = 0; from + word.length <= name.length; from++) {
    let at = 0
    while (at < word.length && name[from + at]?.includes(word.charAt(at))) at++
    if (at === word.length) return true
  }
  return false
}
