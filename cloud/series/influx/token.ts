// Makes the token with which functions reach the InfluxDB that the stack built. InfluxDB 2 gives tokens only to a user
// who signs in, so a function of the stack signs in once with the first password, and stores what it gets.

import * as z from 'zod'
import { insist, PATIENCE, type Patience, Unavailable } from '../../backoff.ts'

/** Marks the tokens that this function made. */
const DESCRIPTION = 'kilowatch functions'
const ANSWER_MS_MAX = 10_000
const REASON_CHARS = 300

export interface TokenOptions {
  /** Base address, e.g. `https://host:8086`. */
  url: string
  /** Name of user, organization, bucket and database, which are the same. */
  database: string
  password: string
  /** Stores the token where functions find it. */
  keep(token: string): Promise<void>
  patience?: Patience
}

const named = z.object({ id: z.string() })
const orgsSchema = z.object({ orgs: z.array(named).min(1) })
const bucketsSchema = z.object({ buckets: z.array(named).min(1) })
const tokensSchema = z.object({ authorizations: z.array(named.extend({ description: z.string().optional() })) })
const tokenSchema = z.object({ token: z.string().min(1) })
const mappingsSchema = z.object({ content: z.array(z.object({ database: z.string() })) })

/**
 * Makes a token that reads and writes the bucket, and the mapping by which the v1 API finds the bucket; stores the
 * token, and ends those made before. Repeated after a failure it ends what the failed run left.
 */
export async function renewToken({ url, database, password, keep, patience = PATIENCE }: TokenOptions): Promise<void> {
  const user = Buffer.from(`${database}:${password}`).toString('base64')
  const signedIn = await ask('POST', '/api/v2/signin', { authorization: `Basic ${user}` })
  const cookie = signedIn.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')

  async function ask(method: string, path: string, headers: Record<string, string>, body?: unknown) {
    const attempt = async (): Promise<Response> => {
      const signal = AbortSignal.timeout(ANSWER_MS_MAX)
      const text = body === undefined ? undefined : JSON.stringify(body)
      const response = await fetch(`${url}${path}`, { method, headers, body: text, signal })
      if (response.ok) return response
      const told = `InfluxDB answered ${response.status} to ${method} ${path}: ${(await response.text()).slice(0, REASON_CHARS)}`
      throw response.status >= 500 ? new Error(told) : new Unavailable(told)
    }
    return insist(attempt, (error) => !(error instanceof Unavailable), patience)
  }
  const call = async <T>(schema: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> =>
    schema.parse(await (await ask(method, path, { cookie, 'content-type': 'application/json' }, body)).json())

  const [org] = (await call(orgsSchema, 'GET', `/api/v2/orgs?org=${database}`)).orgs
  const [bucket] = (await call(bucketsSchema, 'GET', `/api/v2/buckets?name=${database}`)).buckets
  const [orgID, bucketID] = [org?.id, bucket?.id]
  const mapped = await call(mappingsSchema, 'GET', `/api/v2/dbrps?orgID=${orgID}&bucketID=${bucketID}&db=${database}`)
  if (mapped.content.length === 0) {
    const mapping = { orgID, bucketID, database, retention_policy: 'autogen', default: true }
    await call(z.unknown(), 'POST', '/api/v2/dbrps', mapping)
  }
  const before = (await call(tokensSchema, 'GET', `/api/v2/authorizations?orgID=${orgID}`)).authorizations
  const resource = { type: 'buckets', id: bucketID, orgID }
  const permissions = ['read', 'write'].map((action) => ({ action, resource }))
  const asked = { orgID, description: DESCRIPTION, permissions }
  const { token } = await call(tokenSchema, 'POST', '/api/v2/authorizations', asked)
  await keep(token)
  for (const { id, description } of before)
    if (description === DESCRIPTION) await ask('DELETE', `/api/v2/authorizations/${id}`, { cookie })
}
