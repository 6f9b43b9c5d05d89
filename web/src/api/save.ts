// Saves bytes as a file of the reader's machine.

/** Characters that a file name cannot have on one of the usual systems, and blanks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const FORBIDDEN = /[\\/:*?"<>|\s\u0000-\u001F]+/g
/** Names of more than 255 bytes are refused; a Han character takes up to four. */
const NAME_CHARS_MAX = 60

/** `parts` joined by `_` as the name of a file; empty ones are left out. */
export const fileName = (parts: readonly string[], extension: string): string => {
  const kept = parts.map((part) => [...part.replace(FORBIDDEN, ' ').trim()].slice(0, NAME_CHARS_MAX).join(''))
  const stem = kept.filter((part) => part !== '').join('_')
  return `${stem.replace(/^\.+/, '')}.${extension}`
}

export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  // Some browsers read the file only after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
