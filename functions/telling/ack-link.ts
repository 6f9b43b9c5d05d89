// Makes and checks the links by which a person who got a message takes its alert in hand without signing in
// (docs/rules/alerts.md#acknowledging-by-link, decision 0053). A link is good for one alert and for acknowledging
// alone, until it expires, and only while its recipient has the address that it was sent to.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { DAY_MS } from '../../domain/calendar.ts'
import type { Notification } from '../../domain/notify/plan.ts'
import { ACK_LINK_DAYS, type Channel, type Recipient } from '../../domain/notify/setting.ts'
import { pageAt } from '../../domain/notify/text.ts'
import { clockTime, type Phrase } from '../../domain/phrase.ts'
import { docKey, type Message, type StateStore, VersionConflict } from '../platform.ts'
import { notifySettingOf, recipientsOf } from './outbox.ts'

/** The key of all links: 32 random bytes in base64, made once, by whoever sends the first. */
export const LINK_SECRET_KEY = docKey<string>('link-secret/acknowledge')
const SECRET_BYTES = 32
/** Half of SHA-256's, the shortest that RFC 2104 §5 advises: an SMS has little room. */
const SIGNATURE_BYTES = 16

/** Whom a key was made for. */
export interface LinkHolder {
  recipient: Pick<Recipient, 'id' | 'name'>
  /** Kind of the channel that the message went by. */
  channel: Channel['type']
  expiresMs: number
}
export type LinkRefusal = 'forged' | 'expired'

/** The link for a message; undefined where it tells of no single alert that can be acknowledged. */
export async function ackLinkOf(
  state: StateStore,
  { alert, recipient, createdMs, language }: Notification,
  { channel, pageUrl }: { channel: Channel; pageUrl: string },
): Promise<Message['acknowledge']> {
  const [address] = addressesOf(channel)
  if (alert === undefined || address === undefined) return undefined
  const days = (await notifySettingOf(state))?.ackLinkDays ?? ACK_LINK_DAYS
  const expiresS = Math.floor((createdMs + days * DAY_MS) / 1000)
  const signature = signatureOf(await madeSecret(state), { alert, recipient, address, expiresS })
  const key = [expiresS.toString(36), signature.toString('base64url'), recipient].join('.')
  const hash = `#/acknowledge/${encodeURIComponent(alert)}?${new URLSearchParams({ key })}`
  const until = clockTime(expiresS * 1000)
  const words: Phrase = {
    zh: `确认该告警（不必登录，${until} 前有效）`,
    en: `Acknowledge this alert (no sign-in, until ${until})`,
  }
  const text = language === 'both' ? `${words.zh} / ${words.en}` : words[language]
  return { text, url: pageAt(pageUrl, hash) }
}

/** Whom the key of a link was made for, or why it is worth nothing. `alert`: the one that it is used for. */
export async function checkAckLink(
  state: StateStore,
  { alert, key }: { alert: string; key: string },
  nowMs: number,
): Promise<LinkHolder | LinkRefusal> {
  const [, expires = '', given = '', id = ''] = /^([0-9a-z]{1,9})\.([\w-]{1,64})\.(.+)$/.exec(key) ?? []
  const expiresS = Number.parseInt(expires, 36)
  const secret = (await state.get(LINK_SECRET_KEY))?.value
  const recipient = (await recipientsOf(state)).find((one) => one.id === id && one.enabled)
  if (secret === undefined || recipient === undefined) return 'forged'
  const said = Buffer.from(given, 'base64url')
  const by = recipient.channels.find((channel) =>
    addressesOf(channel).some((address) => {
      const wanted = signatureOf(secret, { alert, recipient: id, address, expiresS })
      return said.length === wanted.length && timingSafeEqual(said, wanted)
    }),
  )
  if (by === undefined) return 'forged'
  const expiresMs = expiresS * 1000
  return expiresMs > nowMs ? { recipient, channel: by.type, expiresMs } : 'expired'
}

interface Signed {
  alert: string
  recipient: string
  /** Where the message goes: a link dies with the address that it was sent to. */
  address: string
  expiresS: number
}

const signatureOf = (secret: string, { alert, recipient, address, expiresS }: Signed): Buffer =>
  createHmac('sha256', Buffer.from(secret, 'base64'))
    .update(JSON.stringify(['acknowledge', alert, recipient, address, expiresS]))
    .digest()
    .subarray(0, SIGNATURE_BYTES)

/** A message to a phone goes to one number. */
function addressesOf(channel: Channel): string[] {
  if (channel.type === 'sms') return channel.phones.map((phone) => `sms ${phone}`)
  return [`${channel.type} ${channel.type === 'mail' ? channel.address : channel.url}`]
}

async function madeSecret(state: StateStore): Promise<string> {
  const stored = (await state.get(LINK_SECRET_KEY))?.value
  if (stored !== undefined) return stored
  const value = randomBytes(SECRET_BYTES).toString('base64')
  try {
    await state.put([{ key: LINK_SECRET_KEY, value, ifVersion: 0 }])
    return value
  } catch (error) {
    // Another sender was first.
    const other = error instanceof VersionConflict && (await state.get(LINK_SECRET_KEY))?.value
    if (other) return other
    throw error
  }
}
