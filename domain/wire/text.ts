// Decodes the bytes of a message, a request or a file (docs/rules/interfaces.md#text). The one decoder of every way in,
// so that the same bytes mean the same, however they come.

/** Text without a byte order mark, or the encoding that the bytes are in instead of UTF-8. */
export type Decoded = { text: string } | { encoding: string }

const utf8 = new TextDecoder('utf-8', { fatal: true })
/** GB 18030 holds GBK and GB 2312. */
const gb18030 = new TextDecoder('gb18030', { fatal: true })

/** Never throws. A string was decoded before; when it lost bytes by that, it is refused like the bytes. */
export function decodeText(payload: string | Uint8Array): Decoded {
  if (typeof payload === 'string') {
    if (payload.includes(LOST)) return { encoding: UNKNOWN }
    return { text: payload.startsWith(BYTE_ORDER_MARK) ? payload.slice(1) : payload }
  }
  if (isUtf16(payload)) return { encoding: 'UTF-16' }
  const text = textIn(utf8, payload)
  if (text !== undefined) return { text }
  return { encoding: textIn(gb18030, payload) === undefined ? UNKNOWN : 'GBK (GB 18030)' }
}

const UNKNOWN = 'an unknown encoding'
/** U+FFFD, which takes the place of bytes that are not UTF-8. */
const LOST = '\uFFFD'
const BYTE_ORDER_MARK = '\uFEFF'

/** By its byte order mark, or by the zero byte beside its first character, which no JSON or CSV in UTF-8 has. */
function isUtf16([first, second]: Uint8Array): boolean {
  if (first === undefined || second === undefined) return false
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return isMarked || (first === 0) !== (second === 0)
}

function textIn(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
