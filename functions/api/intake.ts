// Routes of intake: readings over HTTP, and rejected readings from every way in.

import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { rejectionsPageSchema, storedViewSchema } from '../../domain/view/view.ts'
import { readingsMessageSchema } from '../../domain/wire/reading.ts'
import { noteHeard } from '../alerts/gateways-heard.ts'
import { ingest } from '../ingest.ts'
import type { Doc } from '../platform.ts'
import { type RejectionRecord, rejectionKeys } from '../wire/rejections.ts'
import { PAGE_LIMIT_MAX, pageQuery } from './query.ts'
import { ApiProblem, route } from './route.ts'

export const intakeRoutes = {
  ...route('GET /api/v1/rejections', {
    summary: 'What was refused and why, the newest message first; `limit` counts messages',
    query: pageQuery.extend({ gateway: z.string().optional() }),
    response: rejectionsPageSchema,
    async handle({ platform: { state } }, { query: { gateway, limit, cursor } }) {
      const found: Doc<RejectionRecord>[] = []
      for (let after = cursor; found.length <= limit; ) {
        const page = await state.query(rejectionKeys.from(''), {
          after,
          descending: true,
          limit: PAGE_LIMIT_MAX,
        })
        found.push(...page.filter(({ value }) => !gateway || value.gateway === gateway))
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
      for (const { value } of totals) {
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
    summary: 'The same payload as over MQTT, with the gateway id and password as HTTP Basic credentials',
    role: 'gateway',
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
      const { stored, rejected, aside, failed } = await ingest(platform)({ messages: [message] })
      const [first] = failed
      if (first) throw new Error(first.reason)
      await noteHeard(platform.state, principal.gateway, receivedMs)
      return { stored, rejected, ...(aside !== undefined && { aside }) }
    },
  }),
}
