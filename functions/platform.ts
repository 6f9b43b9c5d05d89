// The only list of effects (docs/rules/platform.md#ports). Handlers take a Platform; `local/` and `cloud/` provide one
// each. Ports translate and nothing else: no rule of the domain lives behind them.

import type { Action, Grant } from '../domain/access/permission.ts'
import type { Month } from '../domain/calendar.ts'
import type { DaySums } from '../domain/energy/missing.ts'
import type { Channel } from '../domain/notify/setting.ts'
import type { RegisterEvent, Samples } from '../domain/settle/series.ts'
import type { BackupView } from '../domain/view/backup.ts'
import type { ExportFormat, ExportView } from '../domain/view/export.ts'
import type { ReadingMark } from '../domain/wire/sent-unit.ts'

export interface Platform {
  readonly readings: ReadingStore
  readonly consumption: ConsumptionStore
  readonly state: StateStore
  readonly objects: ObjectStore
  readonly fanOut: FanOut
  readonly devices: DeviceRegistry
  readonly notify: Notifier
  /** People who sign in at this host; absent where a provider signs them in, as in AWS. */
  readonly accounts?: Accounts
  /**
   * Copies all that the host keeps to a new backup in a folder of its machine, and removes older ones than `keep`.
   * Throws an Error with a sentence. Absent where the provider does it, as in AWS.
   */
  backUp?(folder: string, keep?: number): Promise<BackupView>
  /** Writes readings, hours and meters to files in a folder of the host's machine; otherwise as `backUp`. */
  exportTo?(asked: ExportAsked): Promise<ExportView>
  /** Address of the page, when the platform knows it; an administrator's setting takes precedence. */
  readonly pageUrl?: string
  /** Epoch milliseconds. The only clock. */
  now(): number
  /** Present where the clock may be wrong; absent where it is kept right, as in AWS. */
  readonly hostClock?: HostClock
  /** What keeps the host from doing its work, for the health route and the log. Absent: nothing is known. */
  problems?(): readonly HostProblem[]
  /** Told of each outcome of storing readings by HTTP, where the disk is the host's own. */
  readonly storage?: { failed(error: unknown): void; worked(): void }
  /** How long the event loop stopped, where one serves everybody. */
  loopDelay?(): LoopDelay
}

/** What an export has: of an area or all, from one month to another or all that have readings. */
export interface ExportAsked {
  folder: string
  format: ExportFormat
  area?: string | undefined
  from?: Month | undefined
  to?: Month | undefined
}

/** Delays of the event loop over the last `seconds`. */
export interface LoopDelay {
  seconds: number
  p50Ms: number
  p99Ms: number
  p999Ms: number
  maxMs: number
}

/** Doubts about the clock, and the readings that wait for it (docs/rules/data.md#the-clock-of-the-host). */
export interface HostClock {
  /** Notes the newest time that a gateway sent. */
  heard(gateway: string, atMs: number): void
  /** True when `nowMs` lies before what is known to have passed. */
  isBehind(nowMs: number): boolean
  /**
   * The latest time, at most `nowMs`, that gateways or stored readings vouch for: what is deleted by its age is as old
   * by this. `nowMs` while there are none.
   */
  vouched(nowMs: number): number
  /** Number of readings aside. */
  aside(): number
  /** Keeps readings aside; durable when the promise resolves. Throws when there are too many. */
  putAside(batch: readonly StoredReading[], receivedMs: number): Promise<void>
  /**
   * Moves the readings aside up to `latestMs` to the others, as received at `receivedMs`, in the order of their
   * arrival, and drops the later ones, which it resolves to. All or nothing.
   */
  takeIn(latestMs: number, receivedMs: number): Promise<readonly Pick<StoredReading, 'meter' | 'atMs'>[]>
}
/** A sentence for an operator, in both languages. */
export interface HostProblem {
  /** `storageFailed`: nothing can be acknowledged. */
  code: 'clockBehind' | 'storageFailed'
  en: string
  zh: string
}

/** One accepted reading on its way to the store; `value` as it was sent. */
export interface StoredReading extends ReadingMark {
  meter: string
  atMs: number
  value: number
  /**
   * When its message was received, for stores behind queues that deliver in another order: such a store ranks readings
   * by it. A reading without it, and every reading on one machine, ranks by the order of the calls.
   */
  receivedMs?: number
}
/** Raw readings, append-only. (meter, atMs) identifies a reading; of several, the one received last counts. */
export interface ReadingStore {
  /**
   * Durable when the promise resolves: a kill right after loses nothing. Batches are received in call order. Throws
   * when the store is broken; then the whole batch must be sent again. Resolves to the readings that this store will
   * never take; the others are stored.
   */
  append(batch: readonly StoredReading[], receivedMs: number): Promise<readonly RefusedReading[]>

  /**
   * Readings of the given meters that arrived after `mark` (undefined: all): each meter with the range of times
   * touched, and the mark for the next call.
   */
  touchedSince(meters: readonly string[], mark: string | undefined): Promise<{ mark: string; touched: Touched[] }>

  /**
   * Samples of many meters with fromMs ≤ at < toMs, each sorted by time, one per time (the last received). A reading
   * its sender called `suspect` is left out. Meters without any are absent from the map. Everything is held in memory:
   * the caller limits the meters and the range.
   */
  range(meters: readonly string[], fromMs: number, toMs: number): Promise<Map<string, Samples>>

  /** Number of stored readings of the given meters: distinct (meter, time) pairs. */
  count(meters: readonly string[]): Promise<number>

  /**
   * Every value received for one meter in a time range, in order of arrival: the record of corrections. A value that
   * repeats what stands may be left out.
   */
  history(meter: string, fromMs: number, toMs: number): Promise<ReceivedReading[]>
}
/** A reading the store refuses for good, e.g. one older than all that it keeps. */
export interface RefusedReading {
  /** Place in the batch. */
  index: number
  reason: string
}
export interface Touched {
  meter: string
  /** First and last time touched, both included. */
  fromMs: number
  toMs: number
  count: number
}
/** `value` as it was sent. */
export interface ReceivedReading extends ReadingMark {
  atMs: number
  value: number
  receivedMs: number
}

/** Consumption of one meter on one local day: 24 hours in the medium's unit, NaN where unknown. */
export interface ConsumptionDay {
  meter: string
  /** Day number of domain/calendar.ts. */
  day: number
  /** 24 amounts: kWh, GJ or m³. NaN = null. */
  amounts: Float64Array
  /** 24 codes: index into HOUR_FLAGS, or NO_HOUR where no hour was ever settled. */
  flags: Uint8Array
  /** Register events of this day, for people to see (domain/settle/settle.ts). */
  events: readonly RegisterEvent[]
}
/** Consumption by hour and day. Rows of 24 hours, replaced whole. */
export interface ConsumptionStore {
  put(days: readonly ConsumptionDay[]): Promise<void>
  /** Days with fromDay ≤ day < toDay, sorted by meter as given and day. */
  get(meters: readonly string[], fromDay: number, toDay: number): Promise<ConsumptionDay[]>
  /** The sums of the same days (settling/sum.ts defines them), by meter; meters without a day are absent. */
  sums(meters: readonly string[], fromDay: number, toDay: number): Promise<Map<string, DaySums>>
}

/** A keyed JSON document. `version` rises by one with each write and starts at 1. */
export interface Doc<T = unknown> {
  key: string
  value: T
  version: number
}

declare const documentOf: unique symbol
/** A key, or a prefix of keys, of documents that are each a `T`. Built where the documents are written. */
export type Key<T> = string & { readonly [documentOf]: T }
export const docKey = <T>(path: string): Key<T> => path as Key<T>

/** Keyed documents: conditional put, query by prefix. Keys are paths such as `status/130102/2026-11`. */
export interface StateStore {
  get<T>(key: Key<T>): Promise<Doc<T> | undefined>
  /** The existing ones, in the order of `keys`: sums over them are the same to the last bit. */
  getMany<T>(keys: readonly Key<T>[]): Promise<Doc<T>[]>
  /**
   * All writes or none, for at most ATOMIC_DOCS_MAX; on one machine for any number. In AWS, larger puts, and `derived`
   * ones without `ifVersion`, check all versions first, then write each document on its own, the last one after all
   * others: a put that fails half-way leaves some written, but not the last. Durable when the promise resolves; with
   * `derived`, for data that can be computed again, a power cut may undo it together with all later derived writes,
   * consumption included. `ifVersion` 0 means: must not exist yet.
   */
  put(docs: readonly DocWrite[], options?: PutOptions): Promise<void>
  delete(keys: readonly string[]): Promise<void>
  /**
   * Documents whose key starts with `prefix` (`a/1` also finds `a/10`), in the order of the keys' code points or in its
   * reverse, beginning after key `after`. All of them without a `limit`.
   */
  query<T>(prefix: Key<T>, options?: QueryOptions): Promise<Doc<T>[]>
}
/** DynamoDB's limit of a transaction. Documents that belong together go into one put of at most this many. */
export const ATOMIC_DOCS_MAX = 100
export interface PutOptions {
  derived?: boolean
}
/** For documents that settling or judging can compute again. */
export const DERIVED: PutOptions = { derived: true }
export interface QueryOptions {
  after?: string
  limit?: number
  descending?: boolean
}
export interface DocWrite {
  key: string
  value: unknown
  /**
   * Expected version; when the stored one differs: VersionConflict, and nothing is written (see `put` for how many).
   */
  ifVersion?: number
}
export class VersionConflict extends Error {
  override name = 'VersionConflict'
  readonly key: string
  constructor(key: string) {
    super(`document "${key}" was changed by someone else`)
    this.key = key
  }
}

/** Files under a path: reports, packages, and data too large for a document. */
export interface ObjectStore {
  /** Replaces the file under the key, whole or not at all. Durable when the promise resolves. */
  put(key: string, bytes: Uint8Array, options: { contentType: string }): Promise<void>
  get(key: string): Promise<Uint8Array | undefined>
  /** Does nothing when the key has no file. */
  delete(key: string): Promise<void>
}
/**
 * A path of names in any script, at most 900 bytes. Throws for one that could lead out of a folder or that S3 would not
 * take.
 */
export function checkObjectKey(key: string): void {
  const names = key.split('/')
  const isPath = names.every((name) => OBJECT_NAME.test(name) && !name.startsWith('.'))
  if (!isPath || new TextEncoder().encode(key).length > OBJECT_KEY_BYTES_MAX)
    throw new RangeError(`"${key}" is no path for an object`)
}
/** Characters that every file system and S3 accept: no separators, control characters or Windows' own signs. */
const OBJECT_NAME = /^[^\\/:*?"<>|\p{Cc}\p{Cs}]+$/u
const OBJECT_KEY_BYTES_MAX = 900

/** One message per shard. Waiting messages to the same shard merge into one; delivery is at least once. */
export interface FanOut {
  send(queue: QueueName, shards: readonly string[]): Promise<void>
}
export type QueueName = 'settle' | 'assess' | 'rollup' | 'notify' | 'prune' | 'reports' | 'contract' | 'control'

/** Sends notifications to people. */
export interface Notifier {
  /**
   * Hands one message to one channel. Settles within SEND_MS_MAX, whatever the other side does. Throws PermanentFailure
   * when trying again cannot help (a wrong address or secret), any other error when it may.
   */
  send(channel: Channel, message: Message): Promise<void>
}
export const SEND_MS_MAX = 20_000
export interface Message {
  /** The same when a message is sent again, so that receivers can recognize it. */
  id: string
  title: string
  lines: readonly string[]
  /** Address of the page that shows the subject. */
  link: string
  /** Address at which the receiver acknowledges the alert without signing in, and what to say of it. */
  acknowledge?: { text: string; url: string } | undefined
}
export class PermanentFailure extends Error {
  override name = 'PermanentFailure'
}

/**
 * Credentials of gateways, and commands to them. A gateway is the MQTT client of that id, in AWS the thing of that
 * name.
 */
export interface DeviceRegistry {
  /**
   * Gives each gateway its credentials: the given password, or, when it has none yet, a new secret, which is returned
   * this once and stored only as a hash. A gateway that has credentials and is given no password keeps them. In AWS
   * gateways have certificates, one by one (`issue`) or by fleet provisioning, and no passwords: this makes none, and a
   * password is a PermanentFailure.
   */
  provision(gateways: readonly { id: string; password?: string }[]): Promise<{ id: string; secret: string }[]>

  /**
   * Issues new credentials for one gateway, valid beside the old ones until `confirm`. `csr`, a certificate signing
   * request in PEM, keeps the private key where it was made; a host whose gateways have passwords refuses it
   * (PermanentFailure).
   */
  issue(gateway: string, csr?: string): Promise<DeviceCredentials>
  /** Ends all credentials of a gateway except the newest: call it once the gateway has connected with those. */
  confirm(gateway: string): Promise<void>
  /** Ends all credentials of a gateway, and its connection. */
  revoke(gateway: string): Promise<void>

  /** Whether a gateway may get its first credentials by a claim and a one-time code: AWS's fleet provisioning. */
  readonly enrols: boolean

  /** Publishes to `kw/v1/G/commands` with QoS 1. A gateway without a session does not receive it. */
  command(gateway: string, command: DeviceCommand): Promise<void>
}
/** Returned this once. `privateKeyPem` is null when the sender of the signing request made the key. */
export type DeviceCredentials =
  | { kind: 'password'; secret: string }
  | { kind: 'certificate'; certificatePem: string; privateKeyPem: string | null }
export interface DeviceCommand {
  /** The same in the gateway's result. */
  id: string
  name: string
  arguments?: unknown
  /** Epoch ms after which the gateway does nothing. */
  expiresMs?: number | undefined
  /** Who sent it: never what a body says. */
  by?: string
}

/** A person who may sign in at this host. */
export interface Account {
  /** The name to sign in with. */
  id: string
  name: string
  grants: readonly Grant[]
  /** False until the invitation was used. */
  hasPassword: boolean
  /** False: deactivated, until invited again. */
  isActive: boolean
  createdMs: number
  lastSignInMs: number | null
}
/** A one-time code with which a person sets a password. Returned this once and kept as a hash. */
export interface Invitation {
  code: string
  expiresMs: number
}
/** Secrets for cookies: of the session, and of the browser, by which a lock-out of others does not touch it. */
export interface OpenedSession {
  account: Account
  session: string
  device: string
  expiresMs: number
}
/** `wrong`: no such account, or not its password. `waitMs`: too many wrong ones from this sender for this account. */
export type SignInRefusal = { wrong: true } | { waitMs: number }
export interface SignInAttempt {
  id: string
  password: string
  address: string
  /** The secret of the browser, when it has one. */
  device?: string
}
/** A token of a person for a program; the secret is returned once and kept as a hash. */
export interface AccountToken {
  id: string
  label: string
  /** What it may do, of all that the person may. */
  only: readonly Action[]
  createdMs: number
  expiresMs: number
}

/** Accounts, sessions and tokens of people. Each change is an entry of the audit log, signed `who`. */
export interface Accounts {
  list(): Promise<Account[]>
  get(id: string): Promise<Account | undefined>
  /** Creates an account, or changes name and roles of one that keeps its password. */
  put(account: Pick<Account, 'id' | 'name' | 'grants'>, who: string): Promise<Account>
  /** Ends its sessions and tokens too. */
  remove(id: string, who: string): Promise<void>
  /** Ends password, sessions and earlier invitations of the account. */
  invite(id: string, who: string): Promise<Invitation>
  /** Ends password, sessions, invitations and tokens; name and roles stay until a new invitation. */
  deactivate(id: string, who: string): Promise<void>
  /** Sets the password and opens a session; undefined: the code is unknown, used or too old. */
  accept(given: { code: string; id?: string; name?: string; password: string }): Promise<OpenedSession | undefined>
  signIn(attempt: SignInAttempt): Promise<OpenedSession | SignInRefusal>
  /** Replaces the password that `attempt` proves to know; all other sessions end. Refuses a weak one. */
  changePassword(attempt: SignInAttempt, fresh: string): Promise<OpenedSession | SignInRefusal>
  /** `session`: the hash that the principal carries. */
  signOut(session: string): Promise<void>
  tokens(id: string): Promise<AccountToken[]>
  issueToken(id: string, token: Omit<AccountToken, 'id' | 'createdMs'>): Promise<AccountToken & { secret: string }>
  /** False when the account has no such token. */
  endToken(id: string, token: string): Promise<boolean>
}

/** The event of a queue trigger. */
export interface ShardEvent {
  /** Shards, or areas above them for handlers that work on those; empty: all. */
  shards: readonly string[]
  /** A scheduled run, which also checks what changes by time alone. Default: true when no shards are given. */
  scheduled?: boolean
  /** False when the run ends soon: long work then stops between two parts, and asks for the rest. Absent: no limit. */
  hasTime?(): boolean
  /** Of settling: told the latest reading that now stands in hours, where there was work. */
  settledTo?(latestMs: number): void
}
/** Shards that failed now and must be tried again: partial failure in the return type. */
export interface ShardResult {
  failed: { shard: string; reason: string }[]
}

/** The event of the `ingest` trigger: messages as received. */
export interface MqttBatch {
  messages: readonly MqttMessage[]
}
export interface MqttMessage {
  /** Unique within the batch; echoed in `failed`. */
  id: string
  /** The authenticated sender. */
  gateway: string
  payload: Uint8Array | string
  /** After kw/v1/G/foreign/, of a message that came there (docs/rules/interfaces.md#mappings). */
  topic?: string
  receivedMs: number
  /**
   * The message may have been worked on before, by a function that died: what follows from its readings may be missing.
   */
  delayed?: boolean
}
export interface MqttBatchResult {
  stored: number
  rejected: number
  /** Readings kept aside until the clock of the host is right; absent: none. */
  aside?: number
  /** Messages to deliver again because a port failed, not because they were bad. */
  failed: { id: string; reason: string }[]
}
