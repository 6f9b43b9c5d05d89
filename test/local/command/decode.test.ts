// `kilowatch decode`: every frame of the collection in ../shared as its answer says, and a clear error on bad input.

import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type DecodeCommandOptions, decodeHex } from '../../../local/command/decode.ts'
import { describeShared } from '../../shared.ts'

interface FrameRow {
  id: string
  protocol: string
  hex: string
  expect: Record<string, unknown>
  params?: { format?: string; signed?: boolean; di?: string; meterType?: string; keyHex?: string; ivHex?: string }
}

/** What the command prints. */
async function decode(hex: string, options: DecodeCommandOptions): Promise<string> {
  let printed = ''
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text
    return true
  })
  onTestFinished(() => spy.mockRestore())
  await decodeHex(hex.split(' '), options)
  spy.mockRestore()
  return printed
}
const decodeJson = async (hex: string, options: DecodeCommandOptions) =>
  JSON.parse(await decode(hex, { ...options, json: true }))

/** The shared secret of the public sample, which stands in a note. */
const SAMPLE_SECRET = 'IJKLMNOPQRSTUVWX'

describeShared('the frames of ../shared', ['reference/frames-visible.json'], (file) => {
  const rows: FrameRow[] = JSON.parse(readFileSync(file, 'utf8'))
  test.each(rows.map((row) => [row.id, row] as const))(
    '%s',
    async (_, { protocol, hex, expect: answer, params = {} }) => {
      const { keyHex, ivHex, ...told } = params
      const options = { ...told, ...(keyHex && { key: keyHex, iv: ivHex, secret: SAMPLE_SECRET }) }
      const { note: _note, ...wanted } = answer
      expect(await decodeJson(hex, { protocol, ...options })).toMatchObject(wanted)
      // Several frames show as such without being announced.
      expect(await decodeJson(hex, { protocol: protocol.replace('/stream', ''), ...options })).toMatchObject(wanted)
    },
  )
})

describe('bad input', () => {
  test.each([
    ['odd digits', '681', { protocol: 'dlt645' }, 'not pairs of hex digits'],
    ['no hex', 'zz', { protocol: 'dlt645' }, 'not pairs of hex digits'],
    ['nothing', '', { protocol: 'dlt645' }, 'there are no bytes'],
    ['an unknown protocol', '68', { protocol: 'bacnet' }, 'no protocol is called "bacnet"'],
    ['the name of an inherited property', '68', { protocol: 'constructor' }, 'no protocol is called "constructor"'],
    ['an unknown edition', '68', { protocol: 'dlt645', edition: '2010' }, '--edition is one of 2007, 1997'],
    ['a short key', '68', { protocol: 'mohurd', key: '0102' }, '16 bytes in hex'],
    ['data without a layout', '68', { protocol: 'dlt645', dataField: true }, 'the data fit no layout'],
    [
      'a start that is no register',
      '68',
      { protocol: 'modbus', start: '70000' },
      '--start is a number from 0 to 65535',
    ],
  ])('%s is named', async (_, hex, options, message) => {
    await expect(decode(hex, options)).rejects.toThrow(message)
  })
})

test('a person reads a line a field', async () => {
  expect(await decode('68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16', { protocol: 'dlt645' })).toBe(
    'address 000000000161, control 91, kind readReply, di 00010000\n  forwardActiveEnergy: 0.26 kWh\n',
  )
  expect(await decode('68 61', { protocol: 'dlt645' })).toBe(
    'refused: truncated at byte 2: the frame goes on after the last byte\n',
  )
})
