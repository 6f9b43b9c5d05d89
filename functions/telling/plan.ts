// The first half of `notify`: turns events since the last round, gathered over all shards, into notifications and held
// lines. Deletes events only after these are stored; their ids make a repetition harmless.

import type { AlertSubject } from '../../domain/alert/finding.ts'
import { type AlertEvent, isOpen } from '../../domain/alert/life.ts'
import { group } from '../../domain/alert/storm.ts'
import { MINUTE_MS } from '../../domain/calendar.ts'
import { type Held, isTellable, planNotifications, releaseHeld } from '../../domain/notify/plan.ts'
import type { Directory } from '../../domain/notify/text.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import type { Area } from '../../domain/registry/records.ts'
import { alertKeys } from '../alerts/store.ts'
import type { Doc, Platform, StateStore } from '../platform.ts'
import { type RegistryReader, registryReader } from '../registry/reader.ts'
import { schedules } from '../triggers.ts'
import { enqueue, hold, notificationKeys, notifySettingOf, recipientsOf } from './outbox.ts'

/** Events of one round at most; the rest waits for the next. */
const EVENTS_PAGE = 20_000
/** Links lead to the page on this machine when no address is configured. */
const PAGE_URL_DEFAULT = 'http://localhost:8080/'

/**
 * Turns waiting events into notifications, and releases lines held for the end of quiet hours or the digest. Returns
 * the keys of unreadable documents, which it deletes; the alerts themselves stay.
 */
export async function planPending(on: Pick<Platform, 'state' | 'pageUrl'>, nowMs: number): Promise<string[]> {
  const { state } = on
  const recipients = await recipientsOf(state)
  const pageUrl = await pageUrlOf(on)
  const [waiting, broken] = parted(await state.query(alertKeys.event(), { limit: EVENTS_PAGE }), isTellable)
  // In key order the first event is the oldest: once it has waited long enough, all of the same burst are here.
  if (waiting[0] && waiting[0].value.atMs <= nowMs - schedules.telling.everyMinutes * MINUTE_MS) {
    const events = waiting.map(({ value }) => value)
    const registry = registryReader(state)
    await registry.refresh()
    const directory = await directoryOf(state, registry, { events, pageUrl })
    const storms = (await state.get(notificationKeys.storms))?.value ?? []
    const grouped = group(events, storms, directory, nowMs)
    const planned = planNotifications(grouped.groups, recipients, directory, nowMs)
    await enqueue(state, planned.notifications)
    await hold(state, planned.held)
    await state.put([{ key: notificationKeys.storms, value: grouped.storms }])
    await state.delete(waiting.map(({ key }) => key))
  }
  const [lines, brokenLines] = parted(await state.query(notificationKeys.held('')), isHeld)
  const held = lines.map(({ value }) => value)
  const { notifications, released } = releaseHeld(held, recipients, { pageUrl }, nowMs)
  await enqueue(state, notifications)
  const forgotten = [...broken, ...brokenLines].map(({ key }) => key)
  await state.delete([...released.map(({ id }) => notificationKeys.held(id)), ...forgotten])
  return forgotten
}

export const pageUrlOf = async ({ state, pageUrl }: Pick<Platform, 'state' | 'pageUrl'>): Promise<string> =>
  (await notifySettingOf(state))?.pageUrl ?? pageUrl ?? PAGE_URL_DEFAULT

const isHeld = (held: Held | null): boolean =>
  typeof held?.line === 'string' && typeof held.id === 'string' && Number.isFinite(held.dueMs)

function parted<T>(docs: readonly Doc<T>[], fits: (value: T) => boolean): [fitting: Doc<T>[], others: Doc<T>[]] {
  const { fitting = [], others = [] } = Object.groupBy(docs, ({ value }) => (fits(value) ? 'fitting' : 'others'))
  return [fitting, others]
}

/** Names and places of the events' subjects and of their gateways. */
async function directoryOf(
  state: StateStore,
  registry: RegistryReader,
  { events, pageUrl }: { events: readonly AlertEvent[]; pageUrl: string },
): Promise<Directory> {
  const areas = await registry.areasByCode()
  const subjects = new Map(events.map(({ subject }) => [`${subject.type} ${subject.id}`, subject]))
  const known = new Map<string, Place>()
  const offline = new Set<string>()
  for (const [key, subject] of subjects) {
    const place = await placeOf(registry, subject)
    known.set(key, place)
    const { gateway } = place
    if (gateway === undefined || known.has(`gateway ${gateway}`)) continue
    known.set(`gateway ${gateway}`, await placeOf(registry, { type: 'gateway', id: gateway }))
    const slot = `gatewayOffline:${gateway}`
    if (place.shard && isOpen((await state.get(alertKeys.open(place.shard, slot)))?.value)) offline.add(gateway)
  }
  const at = ({ type, id }: AlertSubject): Place => known.get(`${type} ${id}`) ?? (type === 'area' ? { shard: id } : {})
  return {
    pageUrl,
    gatewayOf: (meter) => at({ type: 'meter', id: meter }).gateway,
    isOffline: (gateway) => offline.has(gateway),
    institutionOf: (subject) => at(subject).institution?.id,
    areasOf: (subject) => areaPathOf(at(subject).shard ?? '', areas).filter((code) => areas.has(code)),
    nameOf: (subject) => nameOf(subject, at(subject), areas),
  }
}

/** The subject's name with its place and its institution; the id alone when it is no longer registered. */
export async function subjectPlace(
  registry: RegistryReader,
  subject: AlertSubject,
): Promise<{ name: { zh: string; en: string }; institution: string | undefined }> {
  const areas = await registry.areasByCode()
  const place = await placeOf(registry, subject)
  return { name: nameOf(subject, place, areas), institution: place.institution?.id }
}

/** Place of one subject; empty when it is no longer registered. */
interface Place {
  shard?: string
  institution?: { id: string; name: string; nameEn?: string }
  gateway?: string
  name?: string
}

async function placeOf(registry: RegistryReader, { type, id }: AlertSubject): Promise<Place> {
  if (type === 'area') return { shard: id }
  if (type === 'institution') return institutionPlace(registry, id)
  if (type === 'gateway') {
    const entry = await registry.gateway(id)
    return entry ? { ...(await institutionPlace(registry, entry.gateway.institution)), name: entry.gateway.name } : {}
  }
  const meter = (await registry.meter(id))?.meter
  return meter
    ? { ...(await institutionPlace(registry, meter.institution)), gateway: meter.gateway, name: meter.name }
    : {}
}

async function institutionPlace(registry: RegistryReader, id: string): Promise<Place> {
  const found = await registry.institution(id)
  return found ? { shard: found.shard, institution: found.institution } : {}
}

function nameOf({ type, id }: AlertSubject, { shard, institution, name }: Place, areas: ReadonlyMap<string, Area>) {
  const path = areaPathOf(shard ?? '', areas).flatMap((code) => areas.get(code) ?? [])
  const zh = [
    path
      .map((area) => area.name)
      .reverse()
      .join(''),
  ]
  const en = path.map((area) => area.nameEn ?? area.name)
  if (institution) {
    zh.push(institution.name)
    en.unshift(institution.nameEn ?? institution.name)
  }
  const own = { meter: ['表计', 'meter'], gateway: ['网关', 'gateway'], institution: undefined, area: undefined }[type]
  if (own) {
    const called = name ? `${name} (${id})` : id
    zh.push(`${own[0]} ${called}`)
    en.unshift(`${own[1]} ${called}`)
  }
  const phrase = { zh: zh.filter((part) => part !== '').join(' · '), en: en.join(', ') }
  return { zh: phrase.zh || id, en: phrase.en || id }
}
