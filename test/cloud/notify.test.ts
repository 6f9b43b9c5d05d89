// Mail by SES, short messages by SNS or the gateway that is set, robots by fetch; which failures are final; and that
// the link in a mail acknowledges its alert through the functions of AWS.

import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { cloudNotifier } from '../../cloud/notify.ts'
import { openStateTable } from '../../cloud/state/table.ts'
import { waitingEvents } from '../../domain/alert/kinds/register-event.ts'
import { findingOf } from '../../domain/alert/kinds.ts'
import { advance } from '../../domain/alert/life.ts'
import { defaultLimits } from '../../domain/alert/rules.ts'
import { DAY_MS, MINUTE_MS } from '../../domain/calendar.ts'
import { must } from '../../domain/must.ts'
import type { NotifySetting } from '../../domain/notify/setting.ts'
import { alertOf, storeAlerts } from '../../functions/alerts/store.ts'
import { docKey, type Message, PermanentFailure } from '../../functions/platform.ts'
import { meter, oneInstitution, openTestPlatform, register } from '../functions/province.ts'
import { httpPeer } from '../local/notify-peers.ts'
import { testClient } from './aws.ts'
import { openCloudHost } from './cloud-host.ts'
import { startDynamo } from './dynamo.ts'

const ses = mockClient(SESv2Client)
const sns = mockClient(SNSClient)
afterEach(() => {
  ses.reset()
  sns.reset()
})

const message: Message = {
  id: 'alert/1',
  title: '石家庄市 电耗超定额',
  lines: ['桥西区 第一中学', '112 %'],
  link: 'https://kw.example.cn/#/alerts/1',
}
const notifier = (setting?: Partial<NotifySetting>, timeoutMs = 500) =>
  cloudNotifier({
    ses: new SESv2Client(testClient('http://127.0.0.1:1')),
    sns: new SNSClient(testClient('http://127.0.0.1:1')),
    setting: async () => setting && { pageUrl: 'https://kw.example.cn/', ...setting },
    mailFrom: () => 'kilowatch@example.cn',
    now: () => 1_700_000_000_000,
    timeoutMs,
    // Peers of the tests have no certificates.
    fetch: (url, init) => fetch(String(url).replace('https://127', 'http://127'), init),
  })
const failing = (name: string, text: string) => Object.assign(new Error(text), { name })
const mail = { type: 'mail', address: 'li@example.cn' } as const
const sms = { type: 'sms', phones: ['+8613800138000', '+4915112345678'] } satisfies { type: 'sms'; phones: string[] }

test('a mail says who, what and where, and the same id when sent again', async () => {
  ses.on(SendEmailCommand).resolves({ MessageId: 'm' })
  await notifier().send(mail, message)
  expect(ses.commandCalls(SendEmailCommand)[0].args[0].input).toMatchObject({
    FromEmailAddress: 'kilowatch@example.cn',
    Destination: { ToAddresses: ['li@example.cn'] },
    Content: {
      Simple: {
        Subject: { Data: message.title, Charset: 'UTF-8' },
        Body: { Text: { Data: `桥西区 第一中学\n112 %\n\n${message.link}`, Charset: 'UTF-8' } },
        Headers: [{ Name: 'X-Kilowatch-Id', Value: 'alert%2F1' }],
      },
    },
  })
})

test.each([
  [
    {
      type: 'webhook',
      url: 'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next',
      secret: 's'.repeat(16),
    } as const,
    undefined,
  ],
  [sms, { smsGateway: { url: 'http://sms.example.cn/send', body: '{text}', accepted: 'ok' } }],
] as const)(
  '%o by plain http is refused for good: a function may reach what its sender may not',
  async (channel, setting) => {
    await expect(notifier(setting as Partial<NotifySetting>).send(channel as never, message)).rejects.toThrow(
      PermanentFailure,
    )
  },
)

test('the sender that is set holds', async () => {
  ses.on(SendEmailCommand).resolves({})
  await notifier({ mailFrom: 'energy@hebei.example.cn' }).send(mail, message)
  expect(ses.commandCalls(SendEmailCommand)[0].args[0].input.FromEmailAddress).toBe('energy@hebei.example.cn')
})

test('short messages go to each phone by SNS', async () => {
  sns.on(PublishCommand).resolves({})
  await notifier().send(sms, message)
  const sent = sns.commandCalls(PublishCommand).map(({ args }) => args[0].input)
  expect(sent.map(({ PhoneNumber }) => PhoneNumber)).toEqual(sms.phones)
  expect(sent[0].Message).toBe(`${message.title}\n桥西区 第一中学\n112 %\n${message.link}`)
})

test('a long short message is cut, and its link stays', async () => {
  sns.on(PublishCommand).resolves({})
  const lines = Array.from({ length: 100 }, (_, n) => `第 ${n} 个机构`)
  await notifier().send(sms, { ...message, lines })
  const text = sns.commandCalls(PublishCommand)[0].args[0].input.Message ?? ''
  expect(text.length).toBeLessThanOrEqual(500)
  expect(text).toMatch(/…\nhttps:\S+$/)
})

test('a gateway that is set sends the short messages, and a robot is asked by fetch', async () => {
  const peer = await httpPeer(() => ({ body: '{"errcode":0}' }))
  onTestFinished(() => peer.close())
  const smsGateway = {
    url: peer.url.replace('http:', 'https:'),
    contentType: 'application/json',
    body: '{"to":"{phone}","text":"{text}"}',
  } as const
  await notifier({ smsGateway }).send(sms, message)
  await notifier().send({ type: 'dingtalk', url: `${peer.url.replace('http:', 'https:')}/robot/send` }, message)
  expect(peer.heard.map(({ path }) => path)).toEqual(['/', '/', '/robot/send'])
  expect(JSON.parse(peer.heard[1].body).to).toBe('+4915112345678')
  expect(sns.commandCalls(PublishCommand)).toHaveLength(0)
})

describe('what failed', () => {
  test.each([
    { name: 'BadRequestException', text: 'Illegal address', final: true },
    { name: 'MessageRejected', text: 'The content is not accepted', final: true },
    { name: 'MessageRejected', text: 'Email address is not verified', final: false },
    { name: 'MailFromDomainNotVerifiedException', text: 'not yet', final: false },
    { name: 'TooManyRequestsException', text: 'slow down', final: false },
    { name: 'SendingPausedException', text: 'paused', final: false },
  ])('by mail: $name, $text', async ({ name, text, final }) => {
    ses.on(SendEmailCommand).rejects(failing(name, text))
    const error = await notifier()
      .send(mail, message)
      .catch((one: unknown) => one)
    expect(error instanceof PermanentFailure).toBe(final)
    expect(String(error)).toContain(`mail: ${name}: ${text}`)
  })

  test.each([
    { name: 'InvalidParameterException', final: true },
    { name: 'OptedOutException', final: true },
    { name: 'ThrottledException', final: false },
  ])('by short message: $name', async ({ name, final }) => {
    sns.on(PublishCommand).rejects(failing(name, 'no'))
    const error = await notifier()
      .send(sms, message)
      .catch((one: unknown) => one)
    expect(error instanceof PermanentFailure).toBe(final)
  })

  test('a service that does not answer is given up in time, and may be tried again', async () => {
    ses.restore()
    const peer = await httpPeer(() => undefined)
    onTestFinished(() => peer.close())
    const slow = cloudNotifier({
      ses: new SESv2Client(testClient(peer.url)),
      sns: new SNSClient(testClient(peer.url)),
      setting: async () => undefined,
      mailFrom: () => 'kilowatch@example.cn',
      now: () => 0,
      timeoutMs: 200,
    })
    const error = await slow.send(mail, message).catch((one: unknown) => one)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(PermanentFailure)
  })
})

describe('the link in a mail, with the functions of AWS and what each may read and write', () => {
  /** Alerts of two meters in DynamoDB; the link that the mail on each carries. */
  async function mailed() {
    const { accounts: _, ...machine } = await openTestPlatform()
    const server = await startDynamo()
    const dynamo = server.client()
    onTestFinished(async () => {
      dynamo.destroy()
      await server.close()
    })
    const state = openStateTable({ dynamo, table: await server.newTable(), objects: machine.objects })
    await register({ ...machine, state } as never, oneInstitution([meter('A-E', 'A'), meter('A-W', 'A')]))
    ses.on(SendEmailCommand).resolves({})
    const port = notifier({ mailFrom: 'energy@hebei.example.cn' })
    const host = await openCloudHost({ ...machine, state, notify: port }, machine.clock)
    await host.put('settings/notify', { pageUrl: 'https://kw.example.cn' })
    await host.put('settings/recipients/li', {
      ...{ name: '李工', severityMin: 'info', immediateMin: 'info' },
      channels: [mail],
    })
    for (const id of ['A-E', 'A-W']) {
      const asked = { subject: { type: 'meter', id } as const, limits: defaultLimits('registerEvent'), asOfMs: 1 }
      const found = findingOf('registerEvent', waitingEvents(asked, [{ kind: 'reset', atMs: 1, reviewed: false }]))
      const { alert, events } = advance(undefined, found, 1)
      await storeAlerts(state, '130102', { changed: [must(alert)], dropped: [], events: [...events] })
    }
    for (let turn = 0; turn < 2; turn++) {
      host.tick('notify')
      await host.drain()
      host.clock.nowMs += 3 * MINUTE_MS
    }
    const texts = ses.commandCalls(SendEmailCommand).map(({ args }) => args[0].input.Content?.Simple?.Body?.Text?.Data)
    const keyOf = (id: string) => {
      const [, key = ''] =
        new RegExp(`#/acknowledge/${encodeURIComponent(id)}\\?key=(\\S+)`).exec(texts.join('\n')) ?? []
      expect(key).not.toBe('')
      return decodeURIComponent(key)
    }
    const stateOf = async (id: string) => (await alertOf(state, id))?.alert.state
    return { host, keyOf, stateOf, state }
  }
  const pathOf = (id: string) => `acknowledgements/${encodeURIComponent(id)}`
  const [ONE, OTHER] = ['registerEvent:A-E:1', 'registerEvent:A-W:1']

  test('acknowledges that alert alone, without a token, once; by name in the log', async () => {
    const { host, keyOf, stateOf, state } = await mailed()
    const key = keyOf(ONE)
    const seen = await host.askAsNobody('GET', `${pathOf(ONE)}?${new URLSearchParams({ key })}`)
    expect([seen.status, JSON.parse(seen.text).recipient, await stateOf(ONE)]).toEqual([200, '李工', 'raised'])
    // For another alert, forged, and without the link nothing is done.
    const [expires, signature = '', id] = key.split('.')
    const forged = [expires, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')), id].join('.')
    for (const [alert, given] of [
      [OTHER, key],
      [ONE, forged],
      [ONE, [`z${expires}`.slice(0, 6), signature, id].join('.')],
    ])
      expect((await host.askAsNobody('POST', pathOf(alert as string), { key: given })).status).toBe(403)
    expect((await host.askAsNobody('POST', `alerts/${encodeURIComponent(ONE)}/ack`, { by: 'x' })).status).toBe(401)
    expect([await stateOf(ONE), await stateOf(OTHER)]).toEqual(['raised', 'raised'])

    const answers = await Promise.all([1, 2].map(() => host.askAsNobody('POST', pathOf(ONE), { key })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect([await stateOf(ONE), await stateOf(OTHER)]).toEqual(['acknowledged', 'raised'])
    const entries = (await state.query(docKey<string>('audit/entry/'))).map(({ value }) => JSON.parse(value).entry)
    expect(entries.filter(({ what }) => what === 'alert.acknowledge')).toMatchObject([
      { about: ONE, who: '李工', detail: { recipient: 'li', channel: 'mail', by: 'the link in a message' } },
    ])
    expect(host.logs.filter((line) => JSON.parse(line).level === 'ERROR')).toEqual([])
  })

  test('ends after its days, and with its recipient', async () => {
    const { host, keyOf, stateOf } = await mailed()
    const use = () => host.askAsNobody('POST', pathOf(ONE), { key: keyOf(ONE) })
    host.clock.nowMs += 8 * DAY_MS
    expect((await use()).status).toBe(410)
    host.clock.nowMs -= 8 * DAY_MS
    await host.put('settings/recipients/li', { name: '李工', channels: [{ ...mail, address: 'other@example.cn' }] })
    expect((await use()).status).toBe(403)
    expect(await stateOf(ONE)).toBe('raised')
  })
})
