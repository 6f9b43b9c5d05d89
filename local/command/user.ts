// `kilowatch user`: people who sign in at a host, through the running one or in the data folder itself. Passwords are
// never typed here: each person sets one on the page that a one-time link leads to (docs/rules/access.md#sign-in).

import { existsSync } from 'node:fs'
import type * as z from 'zod'
import { grantsOfClaim } from '../../domain/access/claim.ts'
import { type Grant, grantsProblem, roleRow } from '../../domain/access/permission.ts'
import type { invitationViewSchema, PersonView, peopleViewSchema } from '../../domain/view/session.ts'
import { api } from '../../functions/api.ts'
import { openPlatform } from '../platform.ts'
import { ApiError, type Client, callerOf, chosenHost, clientOf } from './client.ts'

export interface UserOptions {
  data: string
  api?: string
  token?: string
  json?: boolean
}
type InvitationView = z.output<typeof invitationViewSchema>

/** Adds a person and prints the link; one that is there already gets the roles, and keeps the password. */
export async function addUser(id: string, options: UserOptions & { name?: string; role: string[] }): Promise<void> {
  await withHost(options, async (client, url) => {
    const grants: Grant[] = []
    for (const text of options.role) grants.push(await grantOf(text, client))
    const problem = grantsProblem(grants)
    if (problem) throw new Error(problem)
    const path = `people/${encodeURIComponent(id)}`
    const person = await client.put<PersonView>(path, { name: options.name ?? id, grants })
    if (person.hasPassword) return say(options, { person }, `"${person.id}" has the roles now: ${rolesText(person)}`)
    const invitation = await client.post<InvitationView>(`${path}/invitation`, {})
    const link = `${url}/${invitation.link}`
    say(
      options,
      { person, link, ...expiryOf(invitation) },
      `"${person.id}" was added: ${rolesText(person)}\n${linkText(link)}`,
    )
  })
}

export async function listUsers(options: UserOptions): Promise<void> {
  await withHost(options, async (client) => {
    const { items } = await client.get<z.output<typeof peopleViewSchema>>('people')
    const lines = items.map((one) => `${one.id}\t${one.name}\t${rolesText(one)}\t${one.hasPassword ? '' : 'invited'}`)
    say(options, { items }, lines.join('\n') || 'nobody can sign in yet')
  })
}

export async function removeUser(id: string, options: UserOptions): Promise<void> {
  await withHost(options, async (client) => {
    const removed = await client.delete<{ id: string }>(`people/${encodeURIComponent(id)}`)
    say(options, removed, `"${removed.id}" was removed; sessions and tokens have ended`)
  })
}

/** Ends the password, and prints the link to set another. */
export async function resetUser(id: string, options: UserOptions): Promise<void> {
  await withHost(options, async (client, url) => {
    const invitation = await client.post<InvitationView>(`people/${encodeURIComponent(id)}/invitation`, {})
    const link = `${url}/${invitation.link}`
    say(options, { link, ...expiryOf(invitation) }, `the password of "${id}" has ended\n${linkText(link)}`)
  })
}

const expiryOf = ({ expiresMs }: InvitationView) => ({ expiresMs })
const linkText = (link: string): string => `once, within seven days: ${link}`
const say = ({ json }: UserOptions, value: object, text: string): void =>
  void process.stdout.write(`${json ? JSON.stringify(value) : text}\n`)

const rolesText = ({ grants }: { grants: readonly Grant[] }): string =>
  grants
    .map(({ role, areas = [], institutions = [], contract }) =>
      [role, ...(contract === undefined ? [] : [contract]), ...areas, ...institutions].join(':'),
    )
    .join(' ') || 'no role'

/** `county:130102`, as in a claim (docs/rules/access.md#claims). Asks which of an installer's places are areas. */
async function grantOf(text: string, client: Client): Promise<Grant> {
  const [grant] = grantsOfClaim([`kilowatch:${text}`])
  if (!grant) throw new Error(`"${text}" is no role: write ROLE:PLACE, such as county:130102 (docs/rules/access.md)`)
  if (roleRow(grant.role).place !== 'either') return grant
  const areas: string[] = []
  const institutions: string[] = []
  for (const place of grant.areas ?? []) ((await isArea(place, client)) ? areas : institutions).push(place)
  return { role: grant.role, areas, institutions }
}

async function isArea(code: string, client: Client): Promise<boolean> {
  try {
    await client.get(`areas/${encodeURIComponent(code)}`)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false
    throw error
  }
}

/** The running host, or the handler of the API on the data folder. */
async function withHost(options: UserOptions, work: (client: Client, url: string) => Promise<void>): Promise<void> {
  const host = chosenHost(options)
  if (host) return work(clientOf(host), host.httpUrl)
  if (!existsSync(options.data)) throw new Error(`there is no data folder "${options.data}"`)
  const platform = await openPlatform(options.data)
  const ask = callerOf(api(platform))
  try {
    await work(
      {
        get: (path) => ask('GET', path),
        put: (path, body) => ask('PUT', path, body),
        post: (path, body) => ask('POST', path, body),
        delete: (path) => ask('DELETE', path),
      },
      'http://localhost:8080',
    )
  } finally {
    await platform.close()
  }
}
