// A message of a gateway with a mapping as a readings message of ours; what does not fit is a rejection
// (docs/rules/interfaces.md#mappings). A message of any other gateway stays as it is.

import { mappingNamed } from '../../domain/registry/mappings.ts'
import type { Gateway } from '../../domain/registry/records.ts'
import { mapMessage } from '../../domain/wire/mapping.ts'
import type { MqttMessage } from '../platform.ts'
import type { KeptRejection } from './rejections.ts'

interface MappedPayload {
  payload: Uint8Array | string
  rejections: KeptRejection[]
}

export function mappedMessage(message: MqttMessage, gateway: Gateway): MappedPayload {
  const { payload, topic } = message
  const mapping = typeof gateway.mapping === 'string' ? mappingNamed(gateway.mapping) : gateway.mapping
  if (!mapping && topic === undefined) return { payload, rejections: [] }
  if (!mapping) return nothingBut(`gateway "${gateway.id}" has no mapping, and sent to foreign/${topic}`)
  const { readings, refused } = mapMessage(mapping, message)
  return {
    payload: JSON.stringify({ v: 1, readings }),
    rejections: refused.map(({ reason, meter }) => rejectionOf(reason, meter)),
  }
}

const nothingBut = (reason: string): MappedPayload => ({
  payload: '{"v":1,"readings":[]}',
  rejections: [rejectionOf(reason, null)],
})

const rejectionOf = (detail: string, meter: string | null): KeptRejection => ({
  ...{ code: 'notMapped', detail, index: null, meter },
})
