// Finds names by a part of them, by code, and by the initials of their pinyin: `sjz` finds 石家庄. A character of several
// readings is found by each.

/** By character. */
const initials = new Map<string, string>()

/** Longer than any name. */
export const SEARCH_CHARS_MAX = 100

/**
 * A test of a row against what a person typed: every word must be in the code or in a name, in any case, or, when it
 * has only letters and digits, begin the pinyin of neighbouring characters.
 */
export async function searchOf(typed: string): Promise<(row: { id: string; names: readonly string[] }) => boolean> {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const { pinyin } = await import('pinyin-pro')
  const initialsOf = (char: string): string => {
    const known = initials.get(char)
    if (known !== undefined) return known
    const isChinese = /\p{Script=Han}/u.test(char)
    const read = isChinese
      ? pinyin(char, { pattern: 'first', toneType: 'none', multiple: true, type: 'array' })
      : [char]
    const found = [...new Set(read)].join('').toLowerCase()
    initials.set(char, found)
    return found
  }
  const isSpelled = (name: string, word: string): boolean => {
    const chars = [...name]
    for (let from = 0; from + word.length <= chars.length; from++) {
      let at = 0
      while (at < word.length && initialsOf(chars[from + at] ?? '').includes(word[at] ?? '')) at++
      if (at === word.length) return true
    }
    return false
  }
  return ({ id, names }) =>
    words.every(
      (word) =>
        id.toLowerCase().includes(word) ||
        names.some((name) => name.toLowerCase().includes(word) || (/^[a-z0-9]+$/.test(word) && isSpelled(name, word))),
    )
}
