// `kilowatch decode --mapping`: what a message of another product's gateway becomes, or why it is refused
// (docs/rules/interfaces.md#mappings). The same code as behind the broker.

import * as z from 'zod'
import { bytesOfHex } from '../../devices/codecs/answer.ts'
import { type Mapping, mappingSchema } from '../../domain/registry/mapping.ts'
import { MAPPING_NAMES, mappingNamed } from '../../domain/registry/mappings.ts'
import { mapMessage } from '../../domain/wire/mapping.ts'
import { jsonOf } from './json-file.ts'

interface MappingCommandOptions {
  mapping: string
  topic?: string
  json?: boolean
}

export async function decodeMapped(words: readonly string[], options: MappingCommandOptions): Promise<void> {
  const mapping = mappingNamed(options.mapping) ?? (await readMapping(options.mapping))
  const text = words.join(' ')
  if (text === '') throw new Error('there is no payload; give it as text, or as hex digits for Sparkplug B')
  const payload = mapping.format === 'sparkplugB' ? bytesOfHex(text) : text
  if (payload === undefined) throw new Error('a Sparkplug B payload is given as hex digits')
  const answer = mapMessage(mapping, { payload, topic: options.topic, receivedMs: Date.now() })
  process.stdout.write(`${options.json ? JSON.stringify(answer) : describeMapped(answer).join('\n')}\n`)
}

function describeMapped({ readings, refused }: ReturnType<typeof mapMessage>): string[] {
  const lines = [
    ...readings.map(({ meter, at, value, unit = '' }) => `${meter}: ${value} ${unit} at ${new Date(at).toISOString()}`),
    ...refused.map(({ meter, reason }) => `refused: ${meter === null ? '' : `${meter}: `}${reason}`),
  ]
  return lines.length > 0 ? lines : ['passed over: the mapping ignores this topic']
}

async function readMapping(file: string): Promise<Mapping> {
  if (!file.endsWith('.json'))
    throw new Error(`no mapping is called "${file}"; there is ${MAPPING_NAMES.join(', ')}; or name a .json file`)
  const parsed = mappingSchema.safeParse(await jsonOf(file))
  if (!parsed.success) throw new Error(`${file} is no mapping:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}
