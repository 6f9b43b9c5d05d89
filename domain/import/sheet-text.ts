// The value of a workbook's cell as text, as a person sees it: whole numbers without an exponent, dates as YYYY-MM-DD
// (docs/rules/interfaces.md#registry-files).

/** Undefined: an error, or a formula without a result. */
export function sheetText(value: unknown): string | undefined {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  if (typeof value !== 'object') return undefined
  if ('richText' in value && Array.isArray(value.richText))
    return value.richText.map((part: { text?: string }) => part.text ?? '').join('')
  if ('result' in value) return sheetText(value.result)
  return 'text' in value && typeof value.text === 'string' ? value.text : undefined
}
