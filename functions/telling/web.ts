// Sends to the channels that are one HTTP request: the same on every host.

import type { Channel } from '../../domain/notify/setting.ts'
import { type Message, PermanentFailure } from '../platform.ts'
import type { Sending } from './post.ts'
import { sendToDingtalk, sendToFeishu, sendToWecom } from './robot.ts'
import { sendToWebhook } from './webhook.ts'

/** Fails as `post` does. */
export async function sendByWeb(
  channel: Exclude<Channel, { type: 'mail' | 'sms' }>,
  message: Message,
  sending: Sending,
): Promise<void> {
  switch (channel.type) {
    case 'dingtalk':
      return sendToDingtalk(channel, message, sending)
    case 'wecom':
      return sendToWecom(channel, message, sending)
    case 'feishu':
      return sendToFeishu(channel, message, sending)
    case 'webhook':
      return sendToWebhook(channel, message, sending)
    default:
      throw new PermanentFailure('a channel of an unknown type')
  }
}
