// What was typed as a value of a form of the statistics.

/** Undefined: no number of at least zero. Null: an empty field, which is no entry. */
export function formEntry(typed: string, isText: boolean): string | number | null | undefined {
  const plain = typed.trim()
  if (plain === '') return null
  if (isText) return plain
  const value = Number(plain.replaceAll(/[,，\s]/g, ''))
  return Number.isFinite(value) && value >= 0 ? value : undefined
}
