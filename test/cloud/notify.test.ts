// Mail by SES, short messages by SNS or the gateway that is set, robots by fetch; and which failures are final.

import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { cloudNotifier } from '../../cloud/notify.ts'
import type { NotifySetting } from '../../domain/notify/setting.ts'
import { type Message, PermanentFailure } from '../../functions/platform.ts'
import { httpPeer } from '../local/notify-peers.ts'
import { testClient } from './aws.ts'

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
