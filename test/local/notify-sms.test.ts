// Short messages over a real HTTP gateway: its template, its signature, what counts as accepted, and settings that
// cannot work.

import { createHmac } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type NotifySetting, notifySettingSchema, recipientSchema } from '../../domain/notify/setting.ts'
import { type Message, PermanentFailure } from '../../functions/platform.ts'
import { localNotifier } from '../../local/notify.ts'
import { type Answer, type HttpPeer, httpPeer } from './notify-peers.ts'

const NOW = Date.UTC(2026, 10, 23, 2)
const PHONE = '+8613800138000'
const message: Message = {
  id: 'raised0:nightFlowLeak:W1:1:li:0:+8613800138000',
  title: '【重要】夜间流量异常：长安区 "第一" 中学',
  lines: ['情况：连续 3 夜最小流量 0.52 m³/h', '依据：本系统运行规则'],
  link: 'https://kilowatch.example.cn/#/institution/130102-0007',
}
const TEXT = [message.title, ...message.lines, message.link].join('\n')

const peers: HttpPeer[] = []
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close()
})
async function gateway(answer: Answer): Promise<HttpPeer> {
  const peer = await httpPeer(() => answer)
  peers.push(peer)
  return peer
}
const settingOf = (smsGateway: unknown): NotifySetting =>
  notifySettingSchema.parse({ pageUrl: 'https://kilowatch.example.cn/', smsGateway })
const send = (setting: NotifySetting | undefined, sent = message) =>
  localNotifier({ setting: async () => setting, now: () => NOW, timeoutMs: 400 }).send(
    { type: 'sms', phones: [PHONE] },
    sent,
  )
const failureOf = (sending: Promise<void>): Promise<Error> =>
  sending.then(
    () => Promise.reject(new Error('was sent')),
    (error: Error) => error,
  )

test('fills a JSON template, keeps its headers, and signs it', async () => {
  const peer = await gateway({ body: '{"code":0,"msg":"ok"}' })
  await send(
    settingOf({
      url: `${peer.url}/sms/send`,
      headers: { authorization: 'Bearer k' },
      body: '{"mobile":"{nationalPhone}","content":"{text}","at":{timestamp},"uid":"{id}"}',
      secret: 'shared',
      accepted: '"code":0',
    }),
  )
  const [{ path, headers, body }] = peer.heard
  expect([path, headers.authorization]).toEqual(['/sms/send', 'Bearer k'])
  expect(JSON.parse(body)).toEqual({ mobile: '13800138000', content: TEXT, at: NOW / 1000, uid: message.id })
  const expected = createHmac('sha256', 'shared')
    .update(`${NOW / 1000}.${body}`)
    .digest('hex')
  expect(headers['x-kilowatch-signature']).toBe(`sha256=${expected}`)
})

test('fills a form', async () => {
  const peer = await gateway({})
  const contentType = 'application/x-www-form-urlencoded'
  await send(settingOf({ url: peer.url, contentType, body: 'user=kw&to={phone}&msg={text}' }))
  const [{ headers, body }] = peer.heard
  expect(headers['content-type']).toContain(contentType)
  expect(Object.fromEntries(new URLSearchParams(body))).toEqual({ user: 'kw', to: PHONE, msg: TEXT })
})

test('a long message is cut to 500 characters and keeps its link', async () => {
  const peer = await gateway({})
  const lines = Array.from({ length: 100 }, (_, index) => `第 ${index} 行：夜间流量异常`)
  await send(settingOf({ url: peer.url, body: '{"to":"{phone}","t":"{text}"}' }), { ...message, lines })
  const { t } = JSON.parse(peer.heard[0].body)
  expect(t.length).toBeLessThanOrEqual(500)
  expect(t).toContain('第 20 行')
  expect(t.endsWith(`…\n${message.link}`)).toBe(true)
})

test.each([
  { answer: { body: '{"code":17,"msg":"balance"}' }, final: false, told: 'refused: {"code":17,"msg":"balance"}' },
  { answer: { status: 429 }, final: false, told: 'HTTP 429' },
  { answer: { status: 503 }, final: false, told: 'HTTP 503' },
  { answer: { status: 403 }, final: true, told: 'HTTP 403' },
])('$answer is final: $final', async ({ answer, final, told }) => {
  const peer = await gateway(answer)
  const setting = settingOf({ url: peer.url, body: '{"to":"{phone}","t":"{text}"}', accepted: '"code":0' })
  const failure = await failureOf(send(setting))
  expect(failure instanceof PermanentFailure).toBe(final)
  expect(failure.message).toContain(told)
})

test('without a gateway the message waits for one', async () => {
  const failure = await failureOf(send(undefined))
  expect(failure).not.toBeInstanceOf(PermanentFailure)
  expect(failure.message).toMatch(/no SMS gateway/)
})

const GOOD = { url: 'https://sms.example.cn/send', body: '{"to":"{phone}","t":"{text}"}' }
test.each([
  [{ ...GOOD, url: 'http://sms.example.cn/' }, 'smsGateway.url', /https/],
  [{ ...GOOD, body: '{"to":"{phone}"}' }, 'smsGateway.body', /no \{text\}/],
  [{ ...GOOD, body: '{"t":"{text}"}' }, 'smsGateway.body', /no \{phone\}/],
  [{ ...GOOD, body: '{"to":"{phone}","t":"{text}","x":"{sign}"}' }, 'smsGateway.body', /\{sign\} is no placeholder/],
  [{ ...GOOD, body: '{"to":"{phone}","t":{text}' }, 'smsGateway.body', /not JSON/],
  [{ ...GOOD, headers: { a: 'x\r\ny' } }, 'smsGateway.headers.a', /./],
])('%j is refused at %s', (smsGateway, field, told) => {
  const { error } = notifySettingSchema.safeParse({ pageUrl: 'https://kilowatch.example.cn/', smsGateway })
  expect(error?.issues[0].path.join('.')).toBe(field)
  expect(error?.issues[0].message).toMatch(told)
})

test('a phone without its country code is refused by name', () => {
  const channels = [{ type: 'sms', phones: [PHONE, '13800138000'] }]
  const { error } = recipientSchema.safeParse({ id: 'li', name: 'Li', channels })
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['channels.0.phones.1'])
})
