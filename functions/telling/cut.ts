// Cuts text that is longer than a receiver takes at the end of a line; keeps the last line, the link to the page.

/** `sizeOf`: bytes of UTF-8, unless the receiver counts otherwise; the result has at most `sizeMax`. */
export function cutTo(text: string, sizeMax: number, sizeOf: (text: string) => number = Buffer.byteLength): string {
  if (sizeOf(text) <= sizeMax) return text
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  const kept: string[] = []
  let size = sizeOf(`\n…\n${last}`)
  for (const line of lines) {
    size += sizeOf(line) + 1
    if (size > sizeMax) break
    kept.push(line)
  }
  return [...kept, '…', last].join('\n')
}
