// Group robots of DingTalk (钉钉), WeCom (企业微信) and Feishu (飞书): each signs its own way and reports errors in the body of
// an HTTP 200. Rules: open.dingtalk.com custom-robot-access, developer.work.weixin.qq.com path 91770, open.feishu.cn
// custom bot guide; error codes as users of these robots report them.

import { createHmac } from 'node:crypto'
import type { Channel } from '../domain/notification-setting.ts'
import { cutTo } from './notify-cut.ts'
import { post, type Sending } from './notify-post.ts'
import { type Message, PermanentFailure } from './platform.ts'

type Of<T extends Channel['type']> = Extract<Channel, { type: T }>

/** DingTalk: 20,000 bytes, WeCom markdown: 4,096, Feishu: 20 KB a request. With room for what surrounds the text. */
const DINGTALK_BYTES_MAX = 18_000
const WECOM_BYTES_MAX = 4_000
const FEISHU_BYTES_MAX = 18_000

/** Sign not matched, keyword or address refused; token unknown. */
const DINGTALK_PERMANENT = [310000, 300001]
/** The key of the webhook is unknown; the content is not accepted. */
const WECOM_PERMANENT = [93000, 40008, 40058]
/** Wrong token or parameters, signature, address not allowed, keyword missing. */
const FEISHU_PERMANENT = [9499, 19001, 19002, 19021, 19022, 19024]

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

/** The key in the URL is all there is. */
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
  const link = [{ tag: 'a', text: message.link, href: message.link }]
  const content = { post: { zh_cn: { title: message.title, content: [...lines, link] } } }
  const body = JSON.stringify({ ...signed, msg_type: 'post', content })
  const answer = await post({ url, body, sending })
  check('Feishu', answer, ['code', 'StatusCode'], FEISHU_PERMANENT)
}

/** Headline, one paragraph a line, the link. What users named may hold characters that mean something in markdown. */
function markdownOf({ title, lines, link }: Message, mark: '#### ' | '**'): string {
  const head = mark === '**' ? `**${plain(title)}**` : `${mark}${plain(title)}`
  return [head, ...lines.map(plain), `[${link}](${link})`].join('\n\n')
}
const plain = (text: string): string => text.replace(/[\\`*_[\]<>#~|]/g, (mark) => FULL_WIDTH[mark] ?? mark)
/** Robots know different escapes, or none; the full-width forms read the same and mean nothing to any of them. */
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
  throw permanent.includes(Number(code)) ? new PermanentFailure(told) : new Error(told)
}
