// What a collector's data message says of its meters, and the messages that a data centre sends
// (docs/rules/devices.md#mohurd-messages).

import { attr, findChild, findChildren, parseXml, textContent, XmlWriter } from '@cj-tech-master/excelts/xml'

/** One value of a data message; every text as it was sent, without the blanks around it. */
export interface CollectorValue {
  /** The collector's number of the meter. */
  meter: string
  /** The meter's own address, where the message has it. */
  address?: string
  /** The collector's number of the quantity. */
  function: string
  /** The code of the energy item. */
  coding: string
  error: string
  value: string
}

export interface CollectorData {
  sequence: string
  /** When the values were read, as sent. */
  time: string
  /** Of a backlog: messages that wait, and the place of this one. */
  total?: string
  current?: string
  values: CollectorValue[]
}

/** Values of one message: a collector has some hundred meters. */
const VALUES_MAX = 20_000

/** Undefined when the text is no XML, or has no `data`. Throws on nothing. */
export function collectorData(xml: string): CollectorData | undefined {
  const root = rootOf(xml)
  const data = root && findChild(root, 'data')
  if (!data) return undefined
  const text = (name: string): string | undefined => {
    const found = findChild(data, name)
    return found && textContent(found).trim()
  }
  const [total, current] = [text('total'), text('current')]
  const values = findChildren(data, 'meter').flatMap((meter) =>
    findChildren(meter, 'function').map((quantity): CollectorValue => {
      const address = attr(meter, 'addr')?.trim()
      return {
        meter: attr(meter, 'id')?.trim() ?? '',
        ...(address !== undefined && { address }),
        function: attr(quantity, 'id')?.trim() ?? '',
        coding: attr(quantity, 'coding')?.trim() ?? '',
        error: attr(quantity, 'error')?.trim() ?? '',
        value: textContent(quantity).trim(),
      }
    }),
  )
  return {
    sequence: text('sequence') ?? '',
    time: text('time') ?? '',
    ...(total !== undefined && { total }),
    ...(current !== undefined && { current }),
    values: values.slice(0, VALUES_MAX),
  }
}

function rootOf(xml: string) {
  try {
    return parseXml(xml).root
  } catch {
    return undefined
  }
}

export interface CentreMessage {
  buildingId: string
  gatewayId: string
  /** The `type` of the envelope; the step, or id_validate throughout in a later variant. */
  type: string
  /** Name of the element that carries the step. */
  element: string
  operation: string
  /** Child elements with their text. */
  body?: Readonly<Record<string, string>>
}

/** The XML of a message, UTF-8, without blanks between its elements. */
export function messageXml({ buildingId, gatewayId, type, element, operation, body = {} }: CentreMessage): string {
  const writer = new XmlWriter()
  writer.openXml({ version: '1.0', encoding: 'utf-8' })
  writer.openNode('root')
  writer.openNode('common')
  writer.leafNode('building_id', {}, buildingId)
  writer.leafNode('gateway_id', {}, gatewayId)
  writer.leafNode('type', {}, type)
  writer.closeNode()
  writer.openNode(element, { operation })
  for (const [name, text] of Object.entries(body)) writer.leafNode(name, {}, text)
  writer.closeNode()
  writer.closeNode()
  return writer.xml
}

/** YYYYMMDDHHmmss of UTC+8. */
export function centreTime(ms: number): string {
  return new Date(ms + UTC8_MS).toISOString().replace(/\D/g, '').slice(0, 14)
}

/** Epoch ms of YYYYMMDDHHmm or YYYYMMDDHHmmss in UTC+8; undefined when it is no date. */
export function collectorTimeMs(text: string): number | undefined {
  const digits = /^\d{12}$/.test(text) ? `${text}00` : text
  if (!/^\d{14}$/.test(digits)) return undefined
  const [year, month, day, hour, minute, second] = [0, 4, 6, 8, 10, 12].map((at, index) =>
    Number(digits.slice(at, at + (index === 0 ? 4 : 2))),
  ) as [number, number, number, number, number, number]
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - UTC8_MS
  return centreTime(ms) === digits ? ms : undefined
}

const UTC8_MS = 8 * 3_600_000
