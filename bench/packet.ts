// The three MQTT 3.1.1 packets that a publisher writes, as bytes. By hand, so that the publisher, which shares two
// cores with what it measures, spends nothing on them while the clock runs.

const CONNECT = 0x10
const PUBLISH_QOS_1 = 0x32
const DISCONNECT = 0xe0
/** User name, password, clean session. */
const CONNECT_FLAGS = 0xc2
const PROTOCOL_LEVEL = 4

/** Keep-alive is off: a broker that is paused between rounds hears nothing for a while. */
export const connectPacket = (clientId: string, password: string): Buffer =>
  packet(
    CONNECT,
    Buffer.concat([
      text('MQTT'),
      Buffer.from([PROTOCOL_LEVEL, CONNECT_FLAGS, 0, 0]),
      text(clientId),
      text(clientId),
      text(password),
    ]),
  )

/** QoS 1; `messageId` from 1 to 65,535. */
export const publishPacket = (topic: string, messageId: number, payload: string): Buffer =>
  packet(PUBLISH_QOS_1, Buffer.concat([text(topic), uint16(messageId), Buffer.from(payload)]))

export const disconnectPacket = (): Buffer => packet(DISCONNECT, Buffer.alloc(0))

function packet(type: number, body: Buffer): Buffer {
  const header = [type]
  let rest = body.length
  do {
    const digit = rest % 128
    rest = Math.floor(rest / 128)
    header.push(rest > 0 ? digit | 128 : digit)
  } while (rest > 0)
  return Buffer.concat([Buffer.from(header), body])
}

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const text = (value: string): Buffer => Buffer.concat([uint16(Buffer.byteLength(value)), Buffer.from(value)])
