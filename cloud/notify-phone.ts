// Sends short messages by SNS where it is allowed: not in the regions of China, whose numbers need a gateway there
// (functions/telling/sms.ts). A number that opted out or is invalid is a permanent failure.

import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import { type Message, PermanentFailure } from '../functions/platform.ts'
import { shortText } from '../functions/telling/plain-text.ts'

/** SNS takes 1,600 characters over all parts; a part of Chinese has 67, and each is paid. */
const CHARACTERS_MAX = 500
const FINAL = new Set(['InvalidParameterException', 'InvalidParameterValueException', 'OptedOutException'])

export interface ShortMessage {
  /** E.164. */
  phone: string
  message: Message
  timeoutMs: number
}

/** Settles within `timeoutMs`. */
export async function sendShortMessage(sns: SNSClient, { phone, message, timeoutMs }: ShortMessage): Promise<void> {
  const command = new PublishCommand({
    PhoneNumber: phone,
    Message: shortText(message, CHARACTERS_MAX),
    // The type for alerts: more reliable and more expensive.
    MessageAttributes: { 'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' } },
  })
  try {
    await sns.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) })
  } catch (error) {
    const { name = 'Error', message: why = String(error) } = error as { name?: string; message?: string }
    const told = `SMS: ${name}: ${why}`
    throw FINAL.has(name) ? new PermanentFailure(told, { cause: error }) : new Error(told, { cause: error })
  }
}
