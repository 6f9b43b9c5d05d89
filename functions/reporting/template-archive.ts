// Opens a user's XLSX as a zip of XML parts, within bounds: the sizes in its directory are summed before a byte is
// unpacked, and a part that unpacks to more than the directory says is refused. Parts that nobody changes go into the
// result as they are, byte for byte.

import { crc32, inflateRawSync } from 'node:zlib'
import type { ZipEditor } from '@cj-tech-master/excelts/archive'
import { parseXml, type XmlDocument, type XmlElement, type XmlNode, XmlWriter } from '@cj-tech-master/excelts/xml'

export const TEMPLATE_PROBLEMS = [
  'notXlsx',
  'tooLarge',
  'noNames',
  'noSheet',
  'noCell',
  'formula',
  'mapping',
  'period',
] as const
/** A template or mapping that cannot be used. `message` names what is wrong and where. */
export class TemplateProblem extends Error {
  readonly code: (typeof TEMPLATE_PROBLEMS)[number]
  constructor(code: TemplateProblem['code'], message: string) {
    super(message)
    this.code = code
  }
}

const MIB = 2 ** 20
/** A form has a few sheets; these are some hundred times as much. */
export const TEMPLATE_LIMITS = { bytes: 8 * MIB, unpackedBytes: 64 * MIB, xmlPartBytes: 16 * MIB, parts: 2000 } as const

export interface TemplateArchive {
  has(path: string): boolean
  /** A part of XML; throws TemplateProblem when it is absent or broken. */
  xml(path: string): XmlDocument
  /** Replaces a part. */
  set(path: string, document: XmlDocument): void
  bytes(): Promise<Uint8Array>
}

const ZIP_SIGNATURE = 0x04034b50
const COMPOUND_SIGNATURE = 0xe011cfd0

/** Throws TemplateProblem when the bytes are no zip within the limits. */
export async function openTemplate(bytes: Uint8Array): Promise<TemplateArchive> {
  if (bytes.byteLength > TEMPLATE_LIMITS.bytes)
    throw new TemplateProblem(
      'tooLarge',
      `the template has ${bytes.byteLength} bytes; ${TEMPLATE_LIMITS.bytes} at most`,
    )
  const signature =
    bytes.byteLength < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true)
  if (signature === COMPOUND_SIGNATURE)
    throw new TemplateProblem('notXlsx', 'the template is an XLS file or has a password; save it as XLSX without one')
  if (signature !== ZIP_SIGNATURE) throw new TemplateProblem('notXlsx', 'the template is no XLSX file')
  const { editZip } = await import('@cj-tech-master/excelts/archive')
  const editor = await ofZip(() => editZip(bytes, { reproducible: true }))
  const entries = new Map(boundedEntries(editor).map((entry) => [entry.path, entry]))
  return {
    has: (path) => entries.has(path),
    xml(path) {
      const entry = entries.get(path)
      if (!entry) throw new TemplateProblem('notXlsx', `the template is no XLSX file: it has no part ${path}`)
      if (entry.uncompressedSize > TEMPLATE_LIMITS.xmlPartBytes)
        throw new TemplateProblem('tooLarge', `${path} of the template unpacks to ${entry.uncompressedSize} bytes`)
      return parsed(path, () => unpacked(bytes, entry))
    },
    set: (path, document) => editor.set(path, xmlText(document)),
    bytes: () => ofZip(() => editor.bytes()),
  }
}

/** What the library says of a broken zip. */
async function ofZip<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (cause) {
    throw new TemplateProblem('notXlsx', `the template is a broken XLSX file: ${reasonOf(cause)}`)
  }
}

function boundedEntries(editor: ZipEditor) {
  const entries = editor.getEntries()
  if (entries.length > TEMPLATE_LIMITS.parts)
    throw new TemplateProblem('tooLarge', `the template has ${entries.length} parts; ${TEMPLATE_LIMITS.parts} at most`)
  const whole = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  if (whole > TEMPLATE_LIMITS.unpackedBytes)
    throw new TemplateProblem(
      'tooLarge',
      `the template unpacks to ${whole} bytes; ${TEMPLATE_LIMITS.unpackedBytes} at most`,
    )
  return entries
}

type ZipEntry = ReturnType<ZipEditor['getEntries']>[number]

const LOCAL_HEADER = { bytes: 30, nameLengthAt: 26, extraLengthAt: 28 } as const
const DEFLATED = 8

/** Not by the library: it unpacks a part whole before it compares the size with the directory's. */
function unpacked(bytes: Uint8Array, entry: ZipEntry): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = entry.localHeaderOffset
  const names = [LOCAL_HEADER.nameLengthAt, LOCAL_HEADER.extraLengthAt].map((field) => view.getUint16(at + field, true))
  const from = names.reduce((sum, length) => sum + length, at + LOCAL_HEADER.bytes)
  const packed = bytes.subarray(from, from + entry.compressedSize)
  // At least 1: zlib takes no bound of 0.
  const maxOutputLength = Math.max(1, entry.uncompressedSize)
  const data = entry.compressionMethod === DEFLATED ? inflateRawSync(packed, { maxOutputLength }) : packed
  if (data.byteLength !== entry.uncompressedSize || crc32(data) !== entry.crc32)
    throw new Error('its size or its check sum is not the one in the directory')
  return data
}

function parsed(path: string, read: () => Uint8Array): XmlDocument {
  try {
    const bytes = read()
    return parseXml(new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes), {
      comments: true,
      processingInstructions: true,
    })
  } catch (cause) {
    throw new TemplateProblem('notXlsx', `${path} of the template is broken: ${reasonOf(cause)}`)
  }
}

/** XML is UTF-8 unless it begins with the mark of UTF-16. */
const encodingOf = ([first, second]: Uint8Array): string => {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

function xmlText({ declaration, prologue, root }: XmlDocument): string {
  const writer = new XmlWriter()
  writer.openXml({ ...declaration, version: '1.0', encoding: 'UTF-8' })
  for (const node of [...prologue, root]) writeNode(writer, node)
  return writer.toString()
}

function writeNode(writer: XmlWriter, node: XmlNode): void {
  if (node.type === 'text') writer.writeText(node.value)
  else if (node.type === 'cdata') writer.writeCData(node.value)
  else if (node.type === 'comment') writer.writeComment(node.value)
  else if (node.type === 'processing-instruction') writer.writeRaw(`<?${node.target} ${node.body}?>`)
  else {
    writer.openNode(node.name, node.attributes)
    for (const child of node.children) writeNode(writer, child)
    writer.closeNode()
  }
}

/** The name without a prefix: a part may be written as `x:row`. */
export const localName = ({ name }: XmlElement): string => name.slice(name.indexOf(':') + 1)
/** The children of this local name. */
export const childrenNamed = (parent: XmlElement, local: string): XmlElement[] =>
  parent.children.filter((node): node is XmlElement => node.type === 'element' && localName(node) === local)
export const childNamed = (parent: XmlElement, local: string): XmlElement | undefined => childrenNamed(parent, local)[0]
/** A new element with the prefix of a neighbour. */
export const elementLike = (
  neighbour: XmlElement,
  local: string,
  attributes: Record<string, string> = {},
  children: XmlNode[] = [],
): XmlElement => ({
  type: 'element',
  name: neighbour.name.slice(0, neighbour.name.indexOf(':') + 1) + local,
  attributes,
  children,
})
