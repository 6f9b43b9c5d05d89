// Routes of notification: recipients and their channels, the outcome of notifications, and retention.

import { must } from '../../domain/must.ts'
import { testMessages } from '../../domain/notify/plan.ts'
import { retentionSchema } from '../../domain/notify/retention.ts'
import { ACK_LINK_DAYS, notifySettingSchema, type Recipient, recipientSchema } from '../../domain/notify/setting.ts'
import {
  notificationsViewSchema,
  notifySettingView,
  notifySettingViewSchema,
  recipientsViewSchema,
  recipientView,
  recipientViewSchema,
  testOutcomeViewSchema,
  testSentViewSchema,
} from '../../domain/view/alert.ts'
import { doneViewSchema } from '../../domain/view/session.ts'
import type { StateStore } from '../platform.ts'
import { enqueue, finishedNotifications, notificationKeys, notifySettingOf, recipientsOf } from '../telling/outbox.ts'
import { RETENTION_KEY, retentionOf } from '../telling/retention.ts'
import { pageQuery } from './query.ts'
import { ApiProblem, notFound, route } from './route.ts'

export const notifyRoutes = {
  ...route('GET /api/v1/notifications', {
    access: { action: 'operate', at: 'registry' },
    summary: 'The latest notifications that were sent or given up, with the reason',
    query: pageQuery.pick({ limit: true }),
    response: notificationsViewSchema,
    async handle({ platform }, { query }) {
      const records = await finishedNotifications(platform.state, query.limit)
      return {
        items: records.map(
          ({ notification: { recipient, channel, phone, title }, state, attempts, doneMs, error }) => ({
            recipient,
            channel,
            phone: phone ?? null,
            title,
            state,
            attempts,
            doneMs,
            error,
          }),
        ),
      }
    },
  }),

  ...route('GET /api/v1/settings/recipients', {
    access: { action: 'operate', at: 'registry' },
    summary: 'Who is told of alerts, without keys and secrets',
    response: recipientsViewSchema,
    handle: async ({ platform }) => ({ items: (await recipientsOf(platform.state)).map(recipientView) }),
  }),

  ...route('PUT /api/v1/settings/recipients/{id}', {
    access: { action: 'operate', at: 'registry' },
    summary: 'Who is told of alerts, where and when; addresses with a key in them and secrets are not shown again',
    body: recipientSchema.omit({ id: true }),
    response: recipientViewSchema,
    async handle({ platform, path }, { body }) {
      const parsed = recipientSchema.safeParse({ ...body, id: path.id })
      if (!parsed.success)
        throw new ApiProblem(400, 'Bad request', `id: ${must(parsed.error.issues[0]).message}`, { field: 'id' })
      await platform.state.put([{ key: notificationKeys.recipient(path.id), value: parsed.data }])
      return recipientView(parsed.data)
    },
  }),

  ...route('DELETE /api/v1/settings/recipients/{id}', {
    access: { action: 'operate', at: 'registry' },
    summary: 'Removes a recipient; messages that wait for it are given up',
    response: doneViewSchema,
    async handle({ platform, path }) {
      await knownRecipient(platform.state, path.id)
      await platform.state.delete([notificationKeys.recipient(path.id)])
      return { id: path.id }
    },
  }),

  ...route('POST /api/v1/settings/recipients/{id}/test', {
    access: { action: 'operate', at: 'registry' },
    summary: 'Sends a test message by each channel of a recipient, once',
    response: testSentViewSchema,
    async handle({ platform, path }) {
      const recipient = await knownRecipient(platform.state, path.id)
      const atMs = platform.now()
      const link = (await notifySettingOf(platform.state))?.pageUrl ?? ''
      await enqueue(platform.state, testMessages(recipient, { atMs, link }))
      await platform.fanOut.send('notify', [''])
      return { atMs }
    },
  }),

  ...route('GET /api/v1/settings/recipients/{id}/tests/{at}', {
    access: { action: 'operate', at: 'registry' },
    summary: 'What became of a test message, by channel',
    response: testOutcomeViewSchema,
    async handle({ platform, path }) {
      const recipient = await knownRecipient(platform.state, path.id)
      const sent = testMessages(recipient, { atMs: Number(path.at), link: '' })
      const records = await platform.state.getMany(sent.map(({ id }) => notificationKeys.record(id)))
      if (records.length === 0) throw new ApiProblem(404, 'Not found', `no test message of "${path.id}" at ${path.at}`)
      const { channels } = recipientView(recipient)
      const items = records.map(({ value: { notification, state, error } }) => {
        const { type, to } = must(channels[notification.channel])
        return { channel: notification.channel, type, to: notification.phone ?? to, state, error }
      })
      return { items }
    },
  }),

  ...route('GET /api/v1/settings/notify', {
    access: { action: 'operate', at: 'registry' },
    summary: 'The address of the page and the mail server, without passwords',
    response: notifySettingViewSchema,
    async handle({ platform }) {
      const setting = await notifySettingOf(platform.state)
      const nothing = { pageUrl: '', smtpServer: null, mailFrom: null, smsGateway: null, ackLinkDays: ACK_LINK_DAYS }
      return setting ? notifySettingView(setting) : nothing
    },
  }),

  ...route('PUT /api/v1/settings/notify', {
    access: { action: 'operate', at: 'registry' },
    summary: 'The address of the page, for links, and the mail server; its password is not shown again',
    body: notifySettingSchema,
    response: notifySettingViewSchema,
    async handle({ platform }, { body }) {
      await platform.state.put([{ key: notificationKeys.setting, value: body }])
      return notifySettingView(body)
    },
  }),

  ...route('GET /api/v1/settings/retention', {
    access: { action: 'published', at: 'nowhere' },
    summary: 'How many days cleared alerts and finished notifications are kept',
    response: retentionSchema,
    handle: ({ platform }) => retentionOf(platform.state),
  }),

  ...route('PUT /api/v1/settings/retention', {
    access: { action: 'operate', at: 'registry' },
    summary: 'Sets it; what is left out keeps its default',
    body: retentionSchema,
    response: retentionSchema,
    async handle({ platform }, { body }) {
      await platform.state.put([{ key: RETENTION_KEY, value: body }])
      return body
    },
  }),
}

async function knownRecipient(state: StateStore, id: string): Promise<Recipient> {
  const found = (await recipientsOf(state)).find((one) => one.id === id)
  if (!found) throw notFound('recipient', id)
  return found
}
