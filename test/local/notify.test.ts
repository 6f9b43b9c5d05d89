// The notify port against real servers: robots and webhooks that check the signature as their makers say, and a mail
// server.

import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import type { Channel, NotifySetting } from '../../domain/notify/setting.ts'
import { type Message, PermanentFailure } from '../../functions/platform.ts'
import { localNotifier } from '../../local/notify.ts'
import { type Answer, type Heard, httpPeer, mailPeer, mutePeer } from './notify-peers.ts'

const NOW = Date.UTC(2026, 10, 23, 2)
const SECRET = 'SEC-of-the-robot'
/** Enough for loopback on a busy machine, short enough for a test that waits it out. */
const TIMEOUT_MS = 2_000
const message: Message = {
  id: 'raised0:nightFlowLeak:W1:1:li:0',
  title: '【重要】夜间流量异常：长安区 第一中学',
  lines: ['情况：连续 3 夜最小流量 0.52 m³/h', '依据：*规则* [1]'],
  link: 'https://kilowatch.example.cn/#/institution/130102-0007',
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const peer of open.splice(0)) await peer.close()
})
async function peerOf(answer: (heard: Heard) => Answer | undefined) {
  const peer = await httpPeer(answer)
  open.push(peer)
  return peer
}
const json = (body: unknown): Answer => ({ body: JSON.stringify(body) })
const notifier = (setting?: NotifySetting) =>
  localNotifier({ setting: async () => setting, now: () => NOW, timeoutMs: TIMEOUT_MS })
const send = (channel: Channel) => notifier().send(channel, message)
const failureOf = (sending: Promise<void>): Promise<Error> =>
  sending.then(
    () => Promise.reject(new Error('was sent')),
    (error: Error) => error,
  )

describe('DingTalk', () => {
  /** As open.dingtalk.com says: HMAC-SHA256 of timestamp + "\n" + secret under the secret, base64, in the query. */
  const dingtalk = ({ query }: Heard): Answer => {
    const timestamp = query.get('timestamp') ?? ''
    const sign = createHmac('sha256', SECRET).update(`${timestamp}\n${SECRET}`).digest('base64')
    const right = query.get('sign') === sign && Math.abs(Number(timestamp) - NOW) < 3_600_000
    return json(right ? { errcode: 0, errmsg: 'ok' } : { errcode: 310000, errmsg: 'sign not match' })
  }

  test('takes a signed message', async () => {
    const peer = await peerOf(dingtalk)
    await send({ type: 'dingtalk', url: `${peer.url}/robot/send?access_token=abc`, secret: SECRET })
    const [{ path, query, headers, body }] = peer.heard
    expect([path, query.get('access_token'), query.get('timestamp')]).toEqual(['/robot/send', 'abc', String(NOW)])
    expect(headers['content-type']).toContain('application/json')
    expect(JSON.parse(body)).toEqual({
      msgtype: 'markdown',
      markdown: {
        title: message.title,
        text: `#### ${message.title}\n\n情况：连续 3 夜最小流量 0.52 m³/h\n\n依据：＊规则＊ ［1］\n\n[${message.link}](${message.link})`,
      },
    })
  })

  test('a wrong secret is final, and the error tells no secret', async () => {
    const peer = await peerOf(dingtalk)
    const failure = await failureOf(
      send({ type: 'dingtalk', url: `${peer.url}/robot/send?access_token=abc`, secret: 'other' }),
    )
    expect(failure).toBeInstanceOf(PermanentFailure)
    expect(failure.message).toBe('DingTalk refused: 310000 sign not match')
  })

  test.each([
    { answer: { errcode: 130101, errmsg: 'send too fast, exceed 20 times per minute' }, final: false },
    { answer: { errcode: -1, errmsg: 'system busy' }, final: false },
    { answer: { errcode: 410100, errmsg: '发送速度太快而限流' }, final: false },
    { answer: { status: 1111, wait: 5, source: 'x5', punish: 'deny' }, final: false },
    { answer: { errcode: 999999, errmsg: 'of next year' }, final: false },
    { answer: { errcode: 300001, errmsg: 'token is not exist' }, final: true },
    { answer: { errcode: 300005, errmsg: 'token is not exist' }, final: true },
    { answer: { errcode: 310000, errmsg: 'keywords not in content' }, final: true },
    { answer: { errcode: 310000, errmsg: 'ip 1.2.3.4 not in whitelist' }, final: true },
    { answer: { errcode: 400102, errmsg: 'bot is stopped' }, final: true },
    { answer: 'no code at all', final: false },
  ])('$answer is final: $final', async ({ answer, final }) => {
    const peer = await peerOf(() => json(answer))
    const failure = await failureOf(send({ type: 'dingtalk', url: peer.url }))
    expect(failure instanceof PermanentFailure).toBe(final)
  })
})

describe('WeCom', () => {
  test('takes markdown by its key', async () => {
    const peer = await peerOf(({ query }) => json({ errcode: query.get('key') === 'k1' ? 0 : 93000 }))
    await send({ type: 'wecom', url: `${peer.url}/cgi-bin/webhook/send?key=k1` })
    const { msgtype, markdown } = JSON.parse(peer.heard[0].body)
    expect([msgtype, markdown.content.split('\n')[0]]).toEqual(['markdown', `**${message.title}**`])
    expect(await failureOf(send({ type: 'wecom', url: `${peer.url}/?key=k2` }))).toBeInstanceOf(PermanentFailure)
  })

  test('a long message is cut to what it accepts, 4,096 bytes, and keeps its link', async () => {
    const peer = await peerOf(() => json({ errcode: 0 }))
    const lines = Array.from({ length: 300 }, (_, index) => `第 ${index} 行：夜间流量异常`)
    await notifier().send({ type: 'wecom', url: peer.url }, { ...message, lines })
    const { content } = JSON.parse(peer.heard[0].body).markdown
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4096)
    expect(content).toContain('第 50 行')
    expect(content.endsWith(`…\n[${message.link}](${message.link})`)).toBe(true)
  })

  test.each([
    { answer: { errcode: 45009, errmsg: 'api freq out of limit' }, final: false },
    { answer: { errcode: -1, errmsg: 'system busy' }, final: false },
    { answer: { errcode: 93008, errmsg: 'of which sources differ' }, final: false },
    { answer: { errcode: 93000, errmsg: 'invalid webhook url' }, final: true },
    { answer: { errcode: 40058, errmsg: 'markdown.content exceed max length 4096' }, final: true },
  ])('$answer is final: $final', async ({ answer, final }) => {
    const peer = await peerOf(() => json(answer))
    expect((await failureOf(send({ type: 'wecom', url: peer.url }))) instanceof PermanentFailure).toBe(final)
  })
})

describe('Feishu', () => {
  /**
   * As open.feishu.cn says: HMAC-SHA256 of nothing under timestamp + "\n" + secret, base64, in the body, in seconds.
   */
  const feishu = ({ body }: Heard): Answer => {
    const { timestamp, sign } = JSON.parse(body)
    const right = createHmac('sha256', `${timestamp}\n${SECRET}`).update('').digest('base64') === sign
    return json(right ? { StatusCode: 0, StatusMessage: 'success', code: 0 } : { code: 19021, msg: 'sign match fail' })
  }

  test('takes a signed message', async () => {
    const peer = await peerOf(feishu)
    await send({ type: 'feishu', url: `${peer.url}/open-apis/bot/v2/hook/x`, secret: SECRET })
    const body = JSON.parse(peer.heard[0].body)
    expect(body.timestamp).toBe(String(NOW / 1000))
    expect(body.content.post.zh_cn.title).toBe(message.title)
    expect(body.content.post.zh_cn.content).toEqual([
      [{ tag: 'text', text: message.lines[0] }],
      [{ tag: 'text', text: message.lines[1] }],
      [{ tag: 'a', text: message.link, href: message.link }],
    ])
  })

  test.each([
    { body: { code: 11232, msg: 'frequency limited' }, final: false },
    { body: { StatusCode: 0, StatusMessage: '', code: 9499, msg: 'too many request' }, final: false },
    { status: 400, body: { code: 9499, msg: 'too many request', data: {} }, final: false },
    { body: { code: 9499, msg: 'Bad Request', data: {} }, final: true },
    { body: { code: 19001, msg: 'param invalid: incoming webhook access token invalid' }, final: true },
    { body: { code: 19007, msg: 'Bot Not Enabled' }, final: true },
    { body: { code: 19022, msg: 'Ip Not Allowed' }, final: true },
    { body: { code: 19024, msg: 'Key Words Not Found' }, final: true },
  ])('$body is final: $final', async ({ status, body, final }) => {
    const peer = await peerOf(() => ({ status, ...json(body) }))
    expect((await failureOf(send({ type: 'feishu', url: peer.url }))) instanceof PermanentFailure).toBe(final)
  })

  test('a wrong secret is final; an older robot answers with StatusCode alone', async () => {
    const peer = await peerOf(feishu)
    expect(await failureOf(send({ type: 'feishu', url: peer.url, secret: 'other' }))).toBeInstanceOf(PermanentFailure)
    const old = await peerOf(() => json({ StatusCode: 0, StatusMessage: 'success' }))
    await send({ type: 'feishu', url: old.url })
  })
})

describe('webhook', () => {
  test('is signed over the raw body and the time', async () => {
    const peer = await peerOf(({ headers, body }) => {
      const expected = createHmac('sha256', SECRET).update(`${headers['x-kilowatch-timestamp']}.${body}`).digest('hex')
      return { status: headers['x-kilowatch-signature'] === `sha256=${expected}` ? 204 : 401 }
    })
    await send({ type: 'webhook', url: `${peer.url}/hook`, secret: SECRET })
    expect(JSON.parse(peer.heard[0].body)).toEqual(message)
    expect(decodeURIComponent(String(peer.heard[0].headers['x-kilowatch-id']))).toBe(message.id)
    expect(await failureOf(send({ type: 'webhook', url: peer.url, secret: 'other' }))).toBeInstanceOf(PermanentFailure)
  })

  test.each([
    { status: 500, final: false },
    { status: 503, final: false },
    { status: 429, final: false },
    { status: 404, final: true },
    { status: 410, final: true },
  ])('HTTP $status is final: $final', async ({ status, final }) => {
    const peer = await peerOf(() => ({ status }))
    const failure = await failureOf(send({ type: 'webhook', url: peer.url, secret: SECRET }))
    expect(failure instanceof PermanentFailure).toBe(final)
  })

  test('never follows a redirect', async () => {
    const other = await peerOf(() => ({}))
    const peer = await peerOf(() => ({ status: 307, headers: { location: `${other.url}/elsewhere` } }))
    const failure = await failureOf(send({ type: 'webhook', url: peer.url, secret: SECRET }))
    expect(failure).toBeInstanceOf(PermanentFailure)
    expect(other.heard).toEqual([])
  })

  test('does not speak in clear to another machine', async () => {
    const failure = await failureOf(send({ type: 'webhook', url: 'http://192.0.2.1/hook', secret: SECRET }))
    expect(failure).toBeInstanceOf(PermanentFailure)
  })

  test('a server that hangs, one that floods, and one that is not there may be tried again', async () => {
    const hanging = await peerOf(() => undefined)
    const flooding = await peerOf(() => ({ body: 'x'.repeat(100_000) }))
    const gone = await httpPeer(() => ({}))
    await gone.close()
    const failures = await Promise.all(
      [hanging, flooding, gone].map(({ url }) => failureOf(send({ type: 'webhook', url, secret: SECRET }))),
    )
    expect(failures.map((failure) => failure instanceof PermanentFailure)).toEqual([false, false, false])
    expect(failures[0].message).toContain(`did not answer in ${TIMEOUT_MS} ms`)
    expect(failures[1].message).toMatch(/over 65536 bytes/)
    expect(failures[2].message).toMatch(/ECONNREFUSED/)
  })
})

describe('mail', () => {
  const address = 'li@example.cn'
  const settingOf = (smtpUrl: string): NotifySetting => ({
    pageUrl: 'https://kilowatch.example.cn/',
    smtpUrl,
    mailFrom: 'Kilowatch <kilowatch@example.cn>',
  })
  const mail = (smtpUrl: string) => notifier(settingOf(smtpUrl)).send({ type: 'mail', address }, message)

  test('reaches a mail server, in Chinese, with an id that repeats when sent again', async () => {
    const peer = await mailPeer()
    open.push(peer)
    await mail(peer.smtpUrl)
    await mail(peer.smtpUrl)
    const [first, second] = peer.mails
    expect([first.from, first.to]).toEqual(['kilowatch@example.cn', [address]])
    const [head, body] = first.raw.split('\r\n\r\n')
    const subject = /^Subject: (.*(?:\r\n .*)*)/m.exec(head)?.[1] ?? ''
    const words = [...subject.matchAll(/=\?UTF-8\?([BQ])\?(.*?)\?=/gi)].map(([, encoding, text]) =>
      encoding.toUpperCase() === 'B'
        ? Buffer.from(text, 'base64')
        : Buffer.from(decodeURIComponent(text.replaceAll('_', ' ').replaceAll('=', '%'))),
    )
    expect(Buffer.concat(words).toString('utf8')).toBe(message.title)
    expect(Buffer.from(body, 'base64').toString('utf8').trim()).toBe([...message.lines, '', message.link].join('\n'))
    const idOf = (raw: string) => /^Message-ID: (.*)$/im.exec(raw)?.[1]
    expect(idOf(first.raw)).toMatch(/@kilowatch>/)
    expect(idOf(second.raw)).toBe(idOf(first.raw))
  })

  test.each([
    { code: 550, final: true },
    { code: 451, final: false },
  ])('a recipient refused with $code is final: $final', async ({ code, final }) => {
    const peer = await mailPeer({ refuse: () => code })
    open.push(peer)
    expect((await failureOf(mail(peer.smtpUrl))) instanceof PermanentFailure).toBe(final)
  })

  test('a wrong password may be mended, a right one is used', async () => {
    const peer = await mailPeer()
    open.push(peer)
    const withLogin = (password: string) => peer.smtpUrl.replace('//', `//kilowatch:${password}@`)
    await mail(withLogin('right'))
    expect(peer.mails).toHaveLength(1)
    const failure = await failureOf(mail(withLogin('wrong')))
    expect(failure).not.toBeInstanceOf(PermanentFailure)
    expect(failure.message).not.toContain('wrong@')
  })

  test('a certificate that nobody vouches for gets no mail', async () => {
    const peer = await mailPeer({ tls: true })
    open.push(peer)
    expect((await failureOf(mail(peer.smtpUrl))).message).toMatch(/certificate/)
    expect(peer.mails).toEqual([])
  })

  test('a server that says nothing is given up in time', async () => {
    const peer = await mutePeer()
    open.push(peer)
    const failure = await failureOf(mail(`smtp://127.0.0.1:${peer.port}`))
    expect(failure).not.toBeInstanceOf(PermanentFailure)
  })

  test('without a mail server the mail waits', async () => {
    const failure = await failureOf(notifier().send({ type: 'mail', address }, message))
    expect(failure).not.toBeInstanceOf(PermanentFailure)
    expect(failure.message).toMatch(/no mail server/)
  })
})
