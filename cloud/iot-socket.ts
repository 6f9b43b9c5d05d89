// Publishes to IoT Core as an MQTT client by the rights of the function's own role, without a certificate: over a
// WebSocket whose address is signed (Signature Version 4). A message sent by HTTPS would have no client id.

import { createHash, createHmac } from 'node:crypto'
import { connectAsync } from 'mqtt'

export interface AwsKeys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

export interface SocketOptions {
  endpoint: string
  region: string
  keys: AwsKeys
  clientId: string
  topic: string
  nowMs: number
}

const CONNECT_MS_MAX = 10_000

/** Resolves at PUBACK. */
export async function publishOnce(options: SocketOptions, payload: string): Promise<void> {
  const client = await connectAsync(signedAddress(options), {
    ...{ clientId: options.clientId, connectTimeout: CONNECT_MS_MAX, reconnectPeriod: 0, clean: true },
  })
  try {
    await client.publishAsync(options.topic, payload, { qos: 1 })
  } finally {
    await client.endAsync()
  }
}

const SERVICE = 'iotdevicegateway'

/** The address of a WebSocket, valid for five minutes. The session's token is added after signing, as IoT Core asks. */
export function signedAddress({ endpoint, region, keys, nowMs }: Omit<SocketOptions, 'clientId' | 'topic'>): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const scope = `${day}/${region}/${SERVICE}/aws4_request`
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${keys.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': '300',
    'X-Amz-SignedHeaders': 'host',
  }).toString()
  const request = ['GET', '/mqtt', query, `host:${endpoint}`, '', 'host', sha256('')].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')
  const key = [day, region, SERVICE, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${keys.secretAccessKey}`)
  const signature = hmac(key, text).toString('hex')
  const token = keys.sessionToken ? `&X-Amz-Security-Token=${encodeURIComponent(keys.sessionToken)}` : ''
  return `wss://${endpoint}/mqtt?${query}&X-Amz-Signature=${signature}${token}`
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()
