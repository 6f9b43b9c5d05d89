// Makes text safe in XML, HTML and CSV.

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** For text and attributes of XML and HTML; control characters that XML has no way to write are left out. */
export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

/** One line of CSV (RFC 4180). Texts are made safe by `withoutFormula` before, where a person typed them. */
export const csvLine = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\r\n`
export const csvField = (field: string): string => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
/** Excel in China takes a file without it for GBK. */
export const BYTE_ORDER_MARK = '\uFEFF'

/**
 * A spreadsheet takes text that begins so for a formula, in full width too; an apostrophe in front makes it text.
 * Source: OWASP, CSV Injection.
 */
export const withoutFormula = (text: string): string => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text)
