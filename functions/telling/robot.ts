// Sends to group robots of DingTalk (钉钉), WeCom (企业微信) and Feishu (飞书): each signs its own way and reports errors in
// the body of an HTTP 200. Signatures follow the makers' guides and existing clients (open.dingtalk.com, custom robot
// security; open.feishu.cn ucTM5YjL3ETO24yNxkjN and its Lark twin; looked up on 2026-11-28, not tried against the real
// services). An error is final only when a source says that the message or the channel is wrong; all others are tried
// again.

import { createHmac } from 'node:crypto'
import type { Channel } from '../../domain/notify/setting.ts'
import { type Message, PermanentFailure } from '../platform.ts'
import { cutTo } from './cut.ts'
import { post, type Sending, tellsOfHaste } from './post.ts'

type Of<T extends Channel['type']> = Extract<Channel, { type: T }>

/**
 * Limits less room for the surrounding JSON. DingTalk: 20,000 bytes, WeCom markdown: 4,096, Feishu: 20 KB a request.
 */
const DINGTALK_BYTES_MAX = 18_000
const WECOM_BYTES_MAX = 4_000
const FEISHU_BYTES_MAX = 18_000

/**
 * 310000: sign, keyword, address or timestamp refused (prometheus-webhook-dingtalk #197, jenkinsci/dingtalk-plugin
 * #116). No such token: 300001 (Aliyun's table), 300005 (answered by the real endpoint, 2026-09), 400101. No
 * access_token: 40035 (the same probe). Group dissolved 400013, robot stopped 400102, kind of message 400105, robot
 * gone 400106 (Apifox's copy of the API). Not final: −1 busy, 130101 and 410100 too fast; and the anti-flood page,
 * which has no code at all.
 */
const DINGTALK_PERMANENT = [310000, 300001, 300005, 40035, 400013, 400101, 400102, 400105, 400106]
/**
 * 93000: invalid webhook url, as many clients report it. 40008: msgtype (global table of WeCom). 40058: longer than
 * 4,096 bytes. Not final: −1 busy, 45009 too often. Of 93004 and 93008 sources contradict each other, so they are not
 * final either.
 */
const WECOM_PERMANENT = [93000, 40008, 40058]
/**
 * 9499: body not understood; 19021: signature (the guide). 19001: token unknown; 19002: parameters; 19007: bot not
 * enabled; 19022: address not allowed; 19024: keyword missing (clients in use). Not final: 11232 too often. The older
 * limit is a 9499 as well, with "too many request" and sometimes HTTP 400, so the text decides.
 */
const FEISHU_PERMANENT = [9499, 19001, 19002, 19007, 19021, 19022, 19024]

/** Signature: base64(HMAC-SHA256(key = secret, `${timestamp}\n${secret}`)), in the query with the timestamp in ms. */
export async function sendToDingtalk(
  { url, secret }: Of<'dingtalk'>,
  message: Message,
  sending: Sending,
): Promise<void> {
  const target = new URL(url)
  if (secret !== undefined) {
    const timestamp = String(sending.nowMs)
    target.searchParams.set('timestamp', timestamp)
    target.searchParams.set('sign', createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'))
  }
  const text = cutTo(markdownOf(message, '#### '), DINGTALK_BYTES_MAX)
  const body = JSON.stringify({ msgtype: 'markdown', markdown: { title: message.title, text } })
  const answer = await post({ url: target.href, body, sending })
  check('DingTalk', answer, ['errcode'], DINGTALK_PERMANENT)
}

/** The key in the URL is the only credential. */
export async function sendToWecom({ url }: Of<'wecom'>, message: Message, sending: Sending): Promise<void> {
  const content = cutTo(markdownOf(message, '**'), WECOM_BYTES_MAX)
  const answer = await post({ url, body: JSON.stringify({ msgtype: 'markdown', markdown: { content } }), sending })
  check('WeCom', answer, ['errcode'], WECOM_PERMANENT)
}

/**
 * Signature: base64(HMAC-SHA256(key = `${timestamp}\n${secret}`, empty)), in the body with the timestamp in seconds.
 * Newer answers say `code`, older ones `StatusCode`.
 */
export async function sendToFeishu({ url, secret }: Of<'feishu'>, message: Message, sending: Sending): Promise<void> {
  const timestamp = String(Math.floor(sending.nowMs / 1000))
  const signed = secret !== undefined && {
    timestamp,
    sign: createHmac('sha256', `${timestamp}\n${secret}`).digest('base64'),
  }
  const lines = [...cutTo(message.lines.join('\n'), FEISHU_BYTES_MAX).split('\n')].map((text) => [
    { tag: 'text', text },
  ])
  const { acknowledge } = message
  const links = [
    ...(acknowledge ? [[{ tag: 'a', text: acknowledge.text, href: acknowledge.url }]] : []),
    [{ tag: 'a', text: message.link, href: message.link }],
  ]
  const content = { post: { zh_cn: { title: message.title, content: [...lines, ...links] } } }
  const body = JSON.stringify({ ...signed, msg_type: 'post', content })
  const answer = await post({ url, body, sending })
  check('Feishu', answer, ['code', 'StatusCode'], FEISHU_PERMANENT)
}

/** Headline, one paragraph a line, the link. Names given by users may contain markdown characters. */
function markdownOf({ title, lines, link, acknowledge }: Message, mark: '#### ' | '**'): string {
  const head = mark === '**' ? `**${plain(title)}**` : `${mark}${plain(title)}`
  // One line, which is the last: what cuts a text that is too long keeps that.
  const links = [...(acknowledge ? [`[${plain(acknowledge.text)}](${acknowledge.url})`] : []), `[${link}](${link})`]
  return [head, ...lines.map(plain), links.join(' · ')].join('\n\n')
}
const plain = (text: string): string => text.replace(/[\\`*_[\]<>#~|]/g, (mark) => FULL_WIDTH[mark] ?? mark)
/** Robots know different escapes, or none; full-width forms look the same and have no meaning to any of them. */
const FULL_WIDTH: Readonly<Record<string, string>> = Object.fromEntries(
  [...'\\`*_[]<>#~|'].map((mark) => [mark, String.fromCharCode(mark.charCodeAt(0) + 0xfee0)]),
)

function check(robot: string, answer: string, fields: readonly string[], permanent: readonly number[]): void {
  let body: Record<string, unknown>
  try {
    body = JSON.parse(answer) as Record<string, unknown>
  } catch {
    throw new Error(`${robot} answered something else than JSON`)
  }
  const code = fields.map((field) => body?.[field]).find((value) => value !== undefined)
  if (code === 0) return
  const told = `${robot} refused: ${String(code)} ${String(body?.errmsg ?? body?.msg ?? body?.StatusMessage ?? '')}`
  throw permanent.includes(Number(code)) && !tellsOfHaste(told) ? new PermanentFailure(told) : new Error(told)
}
