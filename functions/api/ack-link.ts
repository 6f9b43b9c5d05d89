// Routes of the link in a message (docs/rules/alerts.md#acknowledging-by-link): anybody may call them, and the key of
// the link is checked here. GET shows the alert and changes nothing, since mail scanners follow links.

import * as z from 'zod'
import { type Alert, acknowledge } from '../../domain/alert/life.ts'
import { type Phrase, phraseOf } from '../../domain/phrase.ts'
import { ackLinkViewSchema, alertView } from '../../domain/view/alert.ts'
import { denialLog } from '../access/denials.ts'
import { alertKeys, alertOf, alertWrites } from '../alerts/store.ts'
import { VersionConflict } from '../platform.ts'
import { appendAudit } from '../state/audit.ts'
import { checkAckLink, type LinkHolder, type LinkRefusal } from '../telling/ack-link.ts'
import { subjectPlace } from '../telling/plan.ts'
import { ApiProblem, type RouteContext, route } from './route.ts'

const linkKey = z.string().min(1).max(200)
/** Times that a step is taken anew because a round of judging wrote the alert meanwhile. */
const TRIES_MAX = 5

export const ackLinkRoutes = {
  ...route('GET /api/v1/acknowledgements/{alert}', {
    access: { action: 'open', at: 'nowhere' },
    summary: 'The alert that the link of a message is good for; changes nothing',
    query: z.object({ key: linkKey }),
    response: ackLinkViewSchema,
    async handle(context, { query: { key } }) {
      const holder = await holderOf(context, key)
      const { alert, area } = await knownAlertOf(context)
      return viewOf(context, { alert, area, holder })
    },
  }),
  ...route('POST /api/v1/acknowledgements/{alert}', {
    access: { action: 'open', at: 'nowhere' },
    summary:
      'Acknowledges the alert by the link of a message, in the name of its recipient; a second time stays as it is',
    body: z.object({ key: linkKey }),
    response: ackLinkViewSchema,
    async handle(context, { body: { key } }) {
      const holder = await holderOf(context, key)
      for (let tried = 1; ; tried++) {
        try {
          return await viewOf(context, { ...(await taken(context, holder)), holder })
        } catch (error) {
          if (!(error instanceof VersionConflict) || tried === TRIES_MAX) throw error
        }
      }
    },
  }),
}

type LinkContext = RouteContext<'alert'>

/** Acknowledges the alert if it is raised, together with an entry of the audit log. */
async function taken(context: LinkContext, { recipient, channel }: LinkHolder) {
  const { platform } = context
  const { alert: before, area } = await knownAlertOf(context)
  const atMs = platform.now()
  const { alert = before, events } = acknowledge(before, { who: recipient.name }, atMs)
  if (events.length === 0) return { alert: before, area }
  const key = alertKeys.openOf(area, before)
  const stored = await platform.state.get(key)
  if (stored?.value.history.length !== before.history.length) throw new VersionConflict(key)
  const detail = { recipient: recipient.id, by: 'the link in a message', channel }
  const fact = { what: 'alert.acknowledge', about: alert.id, who: recipient.name, atMs, detail }
  const writes = alertWrites(area, alert, events).map((write) =>
    write.key === key ? { ...write, ifVersion: stored.version } : write,
  )
  await appendAudit(platform.state, fact, writes)
  return { alert, area }
}

async function knownAlertOf({ platform, path }: LinkContext): Promise<{ alert: Alert; area: string }> {
  const found = await alertOf(platform.state, path.alert)
  if (found) return found
  throw new ApiProblem(404, 'Not found', phraseOf('该告警已不再保存', 'this alert is no longer kept'))
}

const REFUSALS: Readonly<Record<LinkRefusal, { status: number; title: string; detail: Phrase }>> = {
  forged: {
    ...{ status: 403, title: 'Forbidden' },
    detail: phraseOf(
      '该链接无效，或其接收人已被移除：请登录后确认',
      'this link is not valid, or its recipient was removed: sign in to acknowledge',
    ),
  },
  expired: {
    ...{ status: 410, title: 'Gone' },
    detail: phraseOf('该链接已过期：请登录后确认', 'this link has expired: sign in to acknowledge'),
  },
}

/** Refuses in the same words whatever is wrong with a key, and keeps the refusal. */
async function holderOf({ platform, path, address }: LinkContext, key: string): Promise<LinkHolder> {
  const atMs = platform.now()
  const found = await checkAckLink(platform.state, { alert: path.alert, key }, atMs)
  if (typeof found !== 'string') return found
  const { status, title, detail } = REFUSALS[found]
  const denial = { atMs, route: 'link of a message', status, address, detail: `"${path.alert}": ${detail.en}` }
  await denialLog(platform.state)('anyone', denial)
  throw new ApiProblem(status, title, detail)
}

async function viewOf(
  { registry }: LinkContext,
  { alert, area, holder }: { alert: Alert; area: string; holder: LinkHolder },
) {
  const { name, institution } = await subjectPlace(registry, alert.subject)
  const by = alert.history.findLast(({ what }) => what === 'acknowledged')?.who ?? null
  const place = { where: name, area, institution: institution ?? null }
  const { recipient, expiresMs } = holder
  return { alert: alertView(alert, place), acknowledgedBy: by, recipient: recipient.name, expiresMs }
}
