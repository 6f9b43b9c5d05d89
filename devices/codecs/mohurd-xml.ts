// What an XML message between collector and data centre says in its envelope: building, gateway, step, and the values
// of the steps (docs/rules/devices.md#mohurd-frame). Reads no entities, no references and no meter rows.

import { createHash } from 'node:crypto'

export interface CollectorMessage {
  buildingId: string | null
  gatewayId: string | null
  type: string | null
  /** The step, where it is not the type: a later variant has the type id_validate throughout. */
  operation?: string
  sequence?: string
  md5?: string
  result?: string
  time?: string
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })
const GB18030 = new TextDecoder('gb18030', { fatal: true })

/** The text of the bytes: UTF-8, or the Chinese encoding that they declare; undefined when it is no such message. */
export function xmlText(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString('latin1')
  const declared = head.includes('encoding') ? /encoding=["']([\w-]+)["']/.exec(head)?.[1] : undefined
  try {
    const text = (/^gb/i.test(declared ?? '') ? GB18030 : UTF8).decode(bytes)
    return /<root[\s>]/.test(text) ? text : undefined
  } catch {
    return undefined
  }
}

/** Blanks around values are the collector's and are dropped. */
export function collectorMessage(xml: string): CollectorMessage {
  const type = elementText(xml, 'type') ?? null
  const operation = /\boperation\s*=\s*["']([^"'<>]*)["']/.exec(xml)?.[1]?.trim()
  const values = (['sequence', 'md5', 'result', 'time'] as const).flatMap((name) => {
    const text = elementText(xml, name)
    return text === undefined || text === '' ? [] : [[name, text] as const]
  })
  return {
    buildingId: elementText(xml, 'building_id') ?? null,
    gatewayId: elementText(xml, 'gateway_id') ?? null,
    type,
    ...(operation !== undefined && operation !== type && { operation }),
    ...Object.fromEntries(values),
  }
}

/** The text of the first element of that name that holds only text. */
function elementText(xml: string, name: string): string | undefined {
  const open = `<${name}>`
  const start = xml.indexOf(open)
  if (start < 0) return undefined
  const end = xml.indexOf('<', start + open.length)
  return end >= 0 && xml.startsWith(`</${name}>`, end) ? xml.slice(start + open.length, end).trim() : undefined
}

/** A collector's answer to the challenge: lower-case hex of MD5(sequence + secret), as the protocol has it. */
export const md5Answer = (sequence: string, secret: string): string =>
  createHash('md5').update(`${sequence}${secret}`, 'utf8').digest('hex')
