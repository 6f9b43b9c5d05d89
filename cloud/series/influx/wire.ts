// InfluxDB's v1 write and query API over HTTP, as InfluxDB 1 and Timestream for InfluxDB 2 and 3 serve it. Finds
// refused lines by halving the batch, since the server does not say which they are.

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { must } from '../../../domain/must.ts'
import { inParallel, insist, PATIENCE, type Patience, parted, Unavailable } from '../../backoff.ts'

const compress = promisify(gzip)
/** InfluxData's recommended batch size. */
const LINES_PER_WRITE = 5_000
const WRITES_AT_ONCE = 2
/** Time limit for a whole answer. The server's own limit of a write is 10 s; a query of a county's year takes a few. */
const ANSWER_MS_MAX = 60_000
/** Points per chunk of an answer, so that a long answer is never held as text. */
const POINTS_PER_CHUNK = 10_000
const REASON_CHARS = 300
/** How long credentials are kept, as the parameter cache of AWS Lambda Powertools keeps its values: five minutes. */
const CREDENTIALS_MS = 300_000

/** A token (InfluxDB 2 and 3) or a user's name and password. */
export type InfluxCredentials = { token: string } | { user: string; password: string }
export interface InfluxDatabase {
  /** Base address, e.g. `https://host:8086`. */
  url: string
  database: string
  /** Asked again after CREDENTIALS_MS and when the server refuses what it gave. Undefined: the server needs none. */
  credentials(): Promise<InfluxCredentials | undefined>
  fetch?: typeof fetch
  patience?: Patience
}
export interface InfluxSeries {
  tags: Readonly<Record<string, string>>
  values: readonly (readonly (string | number | null)[])[]
}
export interface RefusedLine {
  index: number
  reason: string
}

export function openInflux({
  url,
  database,
  credentials,
  fetch = globalThis.fetch,
  patience = PATIENCE,
}: InfluxDatabase) {
  const authorization = keptFor(CREDENTIALS_MS, patience.now, () => credentials().then(authorizationOf))

  /** Asks the server; once more when it refuses the credentials and the secret holds others by now. */
  async function authorized(send: (authorization: Record<string, string>) => Promise<Response>): Promise<Response> {
    const used = await authorization.get()
    const response = await send(used)
    if (!isRefusal(response)) return response
    authorization.drop()
    const current = await authorization.get()
    return current.authorization === used.authorization ? response : send(current)
  }

  /** Retries until the answer is no passing failure. The body of a failed answer is its reason. */
  const ask = (path: string, query: Record<string, string>, body: BodyInit, headers: Record<string, string> = {}) =>
    insist(
      async () => {
        const response = await authorized((authorization) =>
          fetch(`${url}${path}?${new URLSearchParams({ db: database, ...query })}`, {
            method: 'POST',
            body,
            headers: { ...headers, ...authorization },
            signal: AbortSignal.timeout(ANSWER_MS_MAX),
          }),
        )
        if (response.ok) return response
        const reason = `InfluxDB answered ${response.status}: ${(await response.text()).slice(0, REASON_CHARS)}`
        throw isRefusal(response) ? new Unavailable(reason) : new InfluxFailure(response.status, reason)
      },
      (error) => (error instanceof InfluxFailure ? isPassing(error) : !(error instanceof Unavailable)),
      patience,
    )

  async function writeOrPart(
    lines: readonly string[],
    indexes: readonly number[],
    refused: RefusedLine[],
  ): Promise<void> {
    const body = await compress(indexes.map((index) => lines[index]).join('\n'))
    try {
      await ask('/write', { precision: 'ns' }, body, { 'content-encoding': 'gzip' })
    } catch (error) {
      if (!(error instanceof InfluxFailure && error.isOfTheLines)) throw error
      if (indexes.length === 1) {
        refused.push({ index: must(indexes[0]), reason: error.message })
        return
      }
      // A line written twice is the same point.
      const half = Math.ceil(indexes.length / 2)
      await writeOrPart(lines, indexes.slice(0, half), refused)
      await writeOrPart(lines, indexes.slice(half), refused)
    }
  }

  return {
    /**
     * Writes lines of the line protocol, in nanoseconds; returns those refused for good. Throws when the server is
     * unavailable.
     */
    async write(lines: readonly string[]): Promise<RefusedLine[]> {
      const refused: RefusedLine[] = []
      await inParallel(parted([...lines.keys()], LINES_PER_WRITE), WRITES_AT_ONCE, (indexes) =>
        writeOrPart(lines, indexes, refused),
      )
      return refused.sort((a, b) => a.index - b.index)
    },

    /** Series of an InfluxQL statement, in chunks, times in milliseconds. */
    async *query(statement: string): AsyncGenerator<InfluxSeries> {
      const chunks = { epoch: 'ms', chunked: 'true', chunk_size: String(POINTS_PER_CHUNK) }
      const response = await ask('/query', chunks, new URLSearchParams({ q: statement }))
      for await (const line of linesOf(response)) {
        const { results = [], error } = JSON.parse(line) as QueryAnswer
        const reason = error ?? results.find((result) => result.error !== undefined)?.error
        if (reason !== undefined) throw new Error(`InfluxDB refuses a query: ${reason}`)
        for (const { series = [] } of results) for (const { tags = {}, values = [] } of series) yield { tags, values }
      }
    },
  }
}

interface QueryAnswer {
  results?: { series?: Partial<InfluxSeries>[]; error?: string }[]
  error?: string
}

class InfluxFailure extends Error {
  override name = 'InfluxFailure'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
  /** The lines are malformed, beyond retention, of another type, or too many at once. */
  get isOfTheLines(): boolean {
    return this.status === 400 || this.status === 413 || this.status === 422
  }
}

/** Keeps what `ask` answers for a time, or until it is dropped. A failed answer is not kept. */
function keptFor<T>(keptMs: number, now: () => number, ask: () => Promise<T>) {
  let kept: { answer: Promise<T>; untilMs: number } | undefined
  return {
    get(): Promise<T> {
      if (kept && now() < kept.untilMs) return kept.answer
      const asked = { answer: ask(), untilMs: now() + keptMs }
      kept = asked
      asked.answer.catch(() => {
        if (kept === asked) kept = undefined
      })
      return asked.answer
    },
    drop(): void {
      kept = undefined
    },
  }
}

const isPassing = ({ status }: InfluxFailure): boolean => status === 429 || status >= 500
/** The server refuses the credentials, not the lines: an operator has to mend them. */
const isRefusal = ({ status }: Response): boolean => status === 401 || status === 403

function authorizationOf(credentials: InfluxCredentials | undefined): Record<string, string> {
  if (!credentials) return {}
  if ('token' in credentials) return { authorization: `Token ${credentials.token}` }
  const pair = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}

async function* linesOf({ body }: Response): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const bytes of body ?? []) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') yield rest
}

/** `from ≤ time < to` as a condition; always both bounds, since InfluxQL would otherwise end at its own clock. */
export function influxTimeBetween(fromMs: number, toMs: number): string {
  const from = Number.isFinite(fromMs) ? Math.ceil(fromMs) : TIME_MS_MIN
  const to = Number.isFinite(toMs) ? Math.ceil(toMs) : TIME_MS_MAX
  return `time >= ${from}ms AND time < ${to}ms`
}
/** InfluxDB's range of time: 64 bits of nanoseconds. */
const TIME_MS_MIN = -9_223_372_036_854
const TIME_MS_MAX = 9_223_372_036_854

/** Meters named in one statement: InfluxDB tests conditions one after another. */
export const INFLUX_METERS_PER_QUERY = 500
/** The meters as a condition on the tag. `ids` are quoted (arrival.ts). */
export const ofMeters = (ids: readonly string[]): string => `(${ids.map((id) => `meter = ${id}`).join(' OR ')})`
