// Reads a DL/T 645 meter, identifier by identifier, and puts together answers that come in parts
// (docs/rules/devices.md#dlt-645).

import { bytesOfHex, type Field } from '../codecs/answer.ts'
import { type Dlt645Frame, dlt645Cutter } from '../codecs/dlt645.ts'
import { dlt645DataField, dlt645Fields } from '../codecs/dlt645-data.ts'
import {
  type Dlt645Relay,
  readAddressDlt645,
  readDlt645,
  readFollowDlt645,
  relayDlt645,
} from '../codecs/dlt645-request.ts'
import type { TemplateOf } from '../template.ts'
import { type Ask, type Bearing, MeterFault } from './exchange.ts'

type Dlt645Template = TemplateOf<'dlt645'>
type Dlt645Read = Dlt645Template['reads'][number]

/** A block of 200 bytes a part: more parts than this are no answer of a meter. */
const PARTS_MAX = 16
const ADDRESS_DIGITS = 12

/** The meter is alone on its line and is asked for its address. */
export const ADDRESS_ASKED = 'auto'

/** Digits as on the meter's face; zeros in front may be left out. */
export function dlt645Address(text: string): { address: string } | { reason: string } {
  if (text === ADDRESS_ASKED) return { address: text }
  if (/^[0-9]{1,12}$/.test(text)) return { address: text.padStart(ADDRESS_DIGITS, '0') }
  return { reason: `"${text}" is not the number of a DL/T 645 meter: 12 digits` }
}

export const dlt645Reader =
  (template: Dlt645Template, told: string, fields: readonly string[]) =>
  async (ask: Ask): Promise<Field[]> => {
    const found: Field[] = []
    const address = told === ADDRESS_ASKED ? await askAddress(ask) : told
    for (const read of template.reads.filter(({ name }) => fields.includes(name))) {
      const data = await readIdentifier({ ask, address, edition: template.edition, di: read.di })
      found.push(...fieldsOf(read, data))
    }
    return found
  }

/** Asks the only meter on the line for its address. */
async function askAddress(ask: Ask): Promise<string> {
  const frame = await ask({
    request: readAddressDlt645(),
    cutter: dlt645Cutter('2007'),
    judge: ({ kind }: Dlt645Frame) => (kind === 'readAddressReply' ? 'answer' : 'other'),
  })
  return frame.address
}

/** Switches the relay of a meter. Throws a MeterFault where the meter refuses it or does not answer. */
export async function switchDlt645(ask: Ask, told: string, relay: Dlt645Relay): Promise<void> {
  const address = told === ADDRESS_ASKED ? await askAddress(ask) : told
  await ask({
    request: relayDlt645(address, relay),
    cutter: dlt645Cutter('2007'),
    judge: (frame: Dlt645Frame): Bearing => {
      if (frame.address !== address) return 'other'
      if (frame.kind === 'errorReply') return refusalOf(frame)
      return frame.kind === 'controlReply' ? 'answer' : 'other'
    },
  })
}

interface IdentifierRead {
  ask: Ask
  address: string
  edition: Dlt645Template['edition']
  di: string
}

async function readIdentifier({ ask, address, edition, di }: IdentifierRead): Promise<Dlt645Frame> {
  const cutter = dlt645Cutter(edition)
  const judged = (kind: string) => (frame: Dlt645Frame) => judge(frame, { kind, address, di })
  const first = await ask({ request: readDlt645(address, di, edition), cutter, judge: judged('readReply') })
  if (!first.moreFollows) return first
  let data = dataOf(first)
  for (let sequence = 1; sequence <= PARTS_MAX; sequence++) {
    const request = readFollowDlt645(address, di, sequence)
    const part = await ask({ request, cutter, judge: judged('readFollowReply') })
    const bytes = dataOf(part)
    if (bytes.at(-1) !== sequence)
      throw new MeterFault('garbled', `part ${sequence} of ${di} does not end with its sequence number`)
    data = Uint8Array.of(...data, ...bytes.subarray(0, -1))
    if (!part.moreFollows) return wholeOf(first, di, data)
  }
  throw new MeterFault('garbled', `the answer to ${di} has no end after ${PARTS_MAX} parts`)
}

const dataOf = ({ dataHex = '' }: Dlt645Frame): Uint8Array => bytesOfHex(dataHex) ?? new Uint8Array()

function wholeOf({ address, control, kind = '' }: Dlt645Frame, di: string, data: Uint8Array): Dlt645Frame {
  const fields = dlt645Fields(di, data)
  const dataHex = Buffer.from(data).toString('hex')
  return { address, control, kind, di, dataHex, ...(fields && { fields }) }
}

function judge(frame: Dlt645Frame, wanted: { kind: string; address: string; di: string }): Bearing {
  if (frame.address !== wanted.address) return 'other'
  if (frame.kind === 'errorReply') return refusalOf(frame)
  return frame.kind === wanted.kind && frame.di === wanted.di ? 'answer' : 'other'
}

function refusalOf({ errorWord = '?', errorBits = [] }: Dlt645Frame): MeterFault {
  return new MeterFault('refused', `the meter refuses: error ${[errorWord, ...errorBits].join(' ')}`)
}

/** The value under the template's name, whatever the table calls it. */
function fieldsOf({ name, format, signed, unit }: Dlt645Read, frame: Dlt645Frame): Field[] {
  if (format === undefined) return (frame.fields ?? []).slice(0, 1).map((field) => ({ ...field, name }))
  const told = { format, signed, ...(unit !== undefined && { unit }) }
  const field = dlt645DataField(dataOf(frame), told)
  return field ? [{ ...field, name }] : []
}
