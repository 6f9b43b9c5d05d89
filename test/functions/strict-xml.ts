// A strict reader of plain XML for tests: throws on anything that is not well-formed. Knows declaration, elements,
// attributes, text and references; the files read with it have nothing else.

import { must } from '../../domain/must.ts'

export interface XmlElement {
  name: string
  attributes: Record<string, string>
  children: XmlElement[]
  text: string
}

const NAME = '[A-Za-z_][\\w.-]*'
const OPEN = new RegExp(`^<(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>`)
const CLOSE = new RegExp(`^</(${NAME})>`)
const REFERENCES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

export function readXml(source: string): XmlElement {
  let rest = source
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const found = pattern.exec(rest)
    if (found) rest = rest.slice(found[0].length)
    return found
  }
  if (!take(/^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/)) throw new Error('no declaration of UTF-8')
  const element = (): XmlElement => {
    const [, name, given, isEmpty] = must(take(OPEN) ?? undefined)
    const made: XmlElement = { name: must(name), attributes: {}, children: [], text: '' }
    for (const [, key, value] of must(given).matchAll(new RegExp(`(${NAME})="([^"]*)"`, 'g')))
      made.attributes[must(key)] = plain(must(value))
    if (isEmpty === '/') return made
    for (;;) {
      made.text += plain(must(take(/^[^<]*/)?.[0]))
      const closed = take(CLOSE)
      if (closed && closed[1] !== name) throw new Error(`${closed[0]} ends <${name}>`)
      if (closed) return made
      made.children.push(element())
    }
  }
  const root = element()
  if (rest.trim() !== '') throw new Error(`text after the root: ${rest.slice(0, 40)}`)
  return root
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text)) throw new Error('a character that XML has not')
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const code = /^#(\d+)$/.exec(name)?.[1]
    const found = code === undefined ? REFERENCES[name] : String.fromCodePoint(Number(code))
    if (found === undefined || !whole.endsWith(';')) throw new Error(`a reference that is none: ${whole}`)
    return found
  })
}

export const childrenOf = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child) => child.name === name)
export const childOf = (element: XmlElement, name: string): XmlElement => must(childrenOf(element, name)[0])
/** The texts of the children, by their names. */
export const textsOf = ({ children }: XmlElement): Record<string, string> =>
  Object.fromEntries(children.map(({ name, text }) => [name, text]))
