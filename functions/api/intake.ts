// Routes of intake: readings over HTTP, and rejected readings from every way in.

import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { rejectionsPageSchema, storedViewSchema } from '../../domain/view/view.ts'
import { readingsMessageSchema } from '../../domain/wire/reading.ts'
import type { Scope } from '../access/permit.ts'
import { noteHeard } from '../alerts/gateways-heard.ts'
import { ingest } from '../ingest.ts'
import type { Doc, MqttBatchResult, MqttMessage, Platform } from '../platform.ts'
import { type RejectionRecord, rejectionKeys } from '../wire/rejections.ts'
import { PAGE_LIMIT_MAX, pageQuery } from './query.ts'
import { ApiProblem, route } from './route.ts'

/** Throws a Problem with the words of the host when its disk is the reason. */
async function storedBy(platform: Platform, message: MqttMessage): Promise<MqttBatchResult> {
  try {
    const result = await ingest(platform)({ messages: [message] })
    const [first] = result.failed
    if (first) throw new Error(first.reason)
    platform.storage?.worked()
    return result
  } catch (error) {
    platform.storage?.failed(error)
    const problems = [...(platform.problems?.() ?? [])]
    const failure = problems.find(({ code }) => code === 'storageFailed')
    if (!failure) throw error
    throw new ApiProblem(507, 'Insufficient storage', failure.en, { problems })
  }
}

/** Whether a gateway is in scope; asks once for each. Gateways that are not registered are seen by whoever sees all. */
function gatewaysShown(scope: Scope): (gateway: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>()
  return (gateway) => {
    const asked = known.get(gateway) ?? scope.coversSubject('gateway', gateway)
    known.set(gateway, asked)
    return asked
  }
}

export const intakeRoutes = {
  ...route('GET /api/v1/rejections', {
    access: { action: 'field', at: { list: ['gateway'] } },
    summary: 'What was refused and why, the newest message first; `limit` counts messages',
    query: pageQuery.extend({ gateway: z.string().optional() }),
    response: rejectionsPageSchema,
    async handle({ platform: { state }, scope }, { query: { gateway, limit, cursor } }) {
      const isShown = gatewaysShown(scope)
      const found: Doc<RejectionRecord>[] = []
      for (let after = cursor; found.length <= limit; ) {
        const page = await state.query(rejectionKeys.from(''), {
          after,
          descending: true,
          limit: PAGE_LIMIT_MAX,
        })
        for (const doc of page) {
          if (gateway && doc.value.gateway !== gateway) continue
          if (await isShown(doc.value.gateway)) found.push(doc)
        }
        if (page.length < PAGE_LIMIT_MAX) break
        after = page.at(-1)?.key
      }
      const messages = found.slice(0, limit)
      const items = messages.flatMap(({ value: { gateway: sender, receivedMs, rejections } }) =>
        rejections.map((rejection) => ({ gateway: sender, receivedMs, ...rejection })),
      )
      const totals = gateway
        ? await state.getMany([rejectionKeys.count(gateway)])
        : await state.query(rejectionKeys.count(''))
      const counts = new Map<string, number>()
      for (const { key, value } of totals) {
        if (!(await isShown(key.slice(rejectionKeys.count('').length)))) continue
        for (const [code, count] of Object.entries(value)) counts.set(code, (counts.get(code) ?? 0) + count)
      }
      return {
        items,
        next: found.length > limit ? (messages.at(-1)?.key ?? null) : null,
        counts: Object.fromEntries(counts),
      }
    },
  }),

  ...route('POST /api/v1/readings', {
    access: { action: 'send', at: 'nowhere' },
    summary: 'The same payload as over MQTT, with the gateway id and password as HTTP Basic credentials',
    body: readingsMessageSchema,
    rawBody: true,
    response: storedViewSchema,
    async handle({ platform, principal }, { body }) {
      if (principal.role !== 'gateway') throw new ApiProblem(403, 'Forbidden', 'only a gateway sends readings')
      const receivedMs = platform.now()
      const message = {
        id: randomUUID(),
        gateway: principal.gateway,
        payload: body as unknown as Uint8Array | string,
        receivedMs,
      }
      const { stored, rejected, aside } = await storedBy(platform, message)
      await noteHeard(platform.state, principal.gateway, receivedMs)
      return { stored, rejected, ...(aside !== undefined && { aside }) }
    },
  }),
}
