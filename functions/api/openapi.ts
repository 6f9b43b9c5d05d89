// Builds the OpenAPI 3.1 document from the schemas that the API parses with, so that the two cannot differ.

import * as z from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import * as reportViews from '../../domain/report/view.ts'
import * as accessViews from '../../domain/view/access.ts'
import * as alertViews from '../../domain/view/alert.ts'
import * as comparisonViews from '../../domain/view/comparison.ts'
import * as deviceViews from '../../domain/view/device.ts'
import * as energyViews from '../../domain/view/energy.ts'
import * as explainViews from '../../domain/view/explain.ts'
import * as fieldViews from '../../domain/view/field.ts'
import * as registryViews from '../../domain/view/registry.ts'
import * as sessionViews from '../../domain/view/session.ts'
import * as targetPlanViews from '../../domain/view/target-plan.ts'
import * as views from '../../domain/view/view.ts'
import { listsOf } from './csv.ts'
import { methodAndPath, type Route } from './route.ts'
import { apiRoutes } from './routes.ts'

const { problemSchema } = views

const TAGS: Readonly<Record<string, string>> = {
  health: 'Whether the service works',
  session: 'Who the sender is; signing in and out',
  permissions: 'The permission table',
  people: 'Who may sign in',
  tokens: 'Tokens for programs',
  denials: 'Refusals of access',
  audit: 'The audit log',
  areas: 'Provinces, cities and counties',
  institutions: 'Public institutions',
  meters: 'Meters, their series and register events',
  gateways: 'Credentials of gateways and commands to them',
  readings: 'Readings over HTTP',
  rejections: 'Readings that were refused',
  repairs: 'Corrections of readings',
  alerts: 'Alerts',
  notifications: 'What was told to whom',
  settings: 'Thresholds, recipients, retention, checks',
  registry: 'The import of records',
  targets: 'Targets of areas and institutions',
  tables: 'Tables that judging rests on',
  alternatives: 'Published alternatives of coefficients',
  plans: 'Published targets of five-year plans',
  calendar: 'Working days and holidays',
  reports: 'Reports and their way upward',
  forms: 'Statistics forms',
}

const VIEWS = [
  ...[accessViews, alertViews, comparisonViews, deviceViews, energyViews, explainViews, fieldViews],
  ...[registryViews, reportViews, sessionViews, targetPlanViews, views],
]

/** The schemas of domain/view by name: `alertDetailViewSchema` is AlertDetailView. */
function namedSchemas(): Record<string, z.ZodType> {
  const named: Record<string, z.ZodType> = {}
  for (const [name, schema] of VIEWS.flatMap((module) => Object.entries<unknown>({ ...module })))
    if (schema instanceof z.ZodObject && name.endsWith('Schema'))
      named[pascal(name.slice(0, -'Schema'.length))] = schema
  const known = new Set(Object.values(named))
  for (const [text, { body, response, file }] of Object.entries<Route>(apiRoutes)) {
    const id = pascal(operationIdOf(text))
    if (body && !known.has(body)) named[`${id}Body`] = body
    if (!file && !known.has(response)) named[`${id}Answer`] = response
  }
  return named
}

const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

/** `GET /api/v1/areas/{code}/status` is getAreasByCodeStatus: as unique as the route, and never another's. */
export function operationIdOf(text: string): string {
  const [method, path] = methodAndPath(text)
  const names = path.split('/').slice(FIRST_NAME)
  const parts = names.map((name) => (name.startsWith('{') ? `By${pascal(name.slice(1, -1))}` : pascal(camel(name))))
  return method.toLowerCase() + parts.join('')
}
/** After `/api/v1/`. */
const FIRST_NAME = 3
const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

let made: OpenApi | undefined

/** Made once: it is the same for everybody. */
export function openApiDocument(): OpenApi {
  made ??= withoutUnused(
    createDocument({
      openapi: '3.1.0',
      info: {
        title: 'Kilowatch',
        version: '1',
        license: { name: 'UNLICENSED', url: 'https://docs.npmjs.com/cli/configuring-npm/package-json#license' },
        description:
          'Energy of public institutions. Instants are epoch milliseconds; an unknown value is null, never 0.',
      },
      servers: [{ url: '/', description: 'The host that serves this document' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      paths: pathsOf(),
      components: { schemas: namedSchemas(), responses: PROBLEMS, securitySchemes: SECURITY },
    }),
  )
  return made
}

type OpenApi = ReturnType<typeof createDocument>
const REFERENCE = '"#/components/schemas/'

/** Of a schema that only answers use there is the form for answers alone, under its plain name. */
function withoutUnused(document: OpenApi): OpenApi {
  const used = (name: string, text: string): boolean => text.includes(`${REFERENCE}${name}"`)
  const text = JSON.stringify(document)
  const unused = Object.keys(document.components?.schemas ?? {}).filter((name) => !used(name, text))
  const renamed = unused.reduce(
    (all, name) => all.replaceAll(`${REFERENCE}${name}Output"`, `${REFERENCE}${name}"`),
    text,
  )
  const result: OpenApi = JSON.parse(renamed)
  const schemas = result.components?.schemas ?? {}
  for (const name of unused) {
    const own = schemas[`${name}Output`]
    if (own) schemas[name] = own
    else delete schemas[name]
    delete schemas[`${name}Output`]
  }
  return result
}

function pathsOf(): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {}
  for (const [text, route] of Object.entries<Route>(apiRoutes)) {
    const [method, path] = methodAndPath(text)
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(route, method, path) }
  }
  return paths
}

const SECURITY = {
  session: {
    ...({ type: 'apiKey', in: 'cookie', name: 'kilowatch-session' } as const),
    description: 'A person who signed in at this host',
  },
  gateway: { type: 'http', scheme: 'basic', description: 'Gateway id and password' },
  admin: {
    ...({ type: 'http', scheme: 'bearer' } as const),
    description: "One machine: a person's token, or the admin token in the data folder. AWS: an access token",
  },
} as const

const problemAnswer = (description: string, example: { title: string; status: number; detail: string }) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema, example: { type: 'about:blank', ...example } } },
})
const PROBLEMS = {
  BadRequest: problemAnswer('A parameter or field is wrong; `field` names it', {
    ...{ title: 'Bad request', status: 400, detail: 'query month: must be YYYY-MM' },
  }),
  Unauthorized: problemAnswer('Signing in may help', {
    ...{ title: 'Unauthorized', status: 401, detail: 'this needs the credentials of an admin: sign in' },
  }),
  Forbidden: problemAnswer('No role of the sender has the right, there', {
    ...{ title: 'Forbidden', status: 403, detail: 'you have no role with the right "figures" for "130104"' },
  }),
  NotFound: problemAnswer('There is no such thing', {
    ...{ title: 'Not found', status: 404, detail: 'no area "139999" is registered' },
  }),
  Conflict: problemAnswer('Somebody else was first, or the state does not allow it', {
    ...{ title: 'Conflict', status: 409, detail: 'document "setting/retention" was changed by someone else' },
  }),
  Refused: problemAnswer('Well-formed, and yet not to be done; `problems` says why', {
    ...{ title: 'Refused', status: 422, detail: 'the month has not ended' },
  }),
  TooManyRequests: problemAnswer('Asked too often', {
    ...{ title: 'Too many requests', status: 429, detail: 'one address asks at most 200 times a second' },
  }),
}
const reference = (name: keyof typeof PROBLEMS) => ({ $ref: `#/components/responses/${name}` }) as const

/** The problems that a route may answer, by status. */
function problemsOf({ access, query, body }: Route, method: string, hasPath: boolean) {
  const isOpen = access.action === 'open'
  return {
    ...((query || body || hasPath) && { 400: reference('BadRequest') }),
    ...(!(isOpen && method === 'GET') && { 401: reference('Unauthorized') }),
    ...(!isOpen && { 403: reference('Forbidden') }),
    ...(hasPath && { 404: reference('NotFound') }),
    ...(method !== 'GET' && { 409: reference('Conflict'), 422: reference('Refused') }),
    429: reference('TooManyRequests'),
  }
}

/** What a sender presents; an open route takes nobody's credentials. */
function securityOf(action: Route['access']['action']): Record<string, string[]>[] {
  if (action === 'open') return []
  return action === 'send' ? [{ gateway: [] }] : [{ admin: [] }, { session: [] }]
}

const FILE = { '*/*': { schema: { type: 'string', format: 'binary' } } } as const

const CSV = {
  schema: { type: 'string', description: 'UTF-8 with a byte order mark; `link` has the next page' },
} as const
/** Which list of an answer with several is to be CSV. */
const listParameter = (lists: readonly string[]) =>
  z
    .enum(lists as [string, ...string[]])
    .optional()
    .meta({ description: 'The list that `Accept: text/csv` gets; the first one' })

function operation(route: Route, method: string, path: string): ZodOpenApiOperationObject {
  const { summary, query, body, access, response, later, file } = route
  const lists = method === 'GET' ? listsOf(route) : []
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  return {
    operationId: operationIdOf(`${method} ${path}`),
    tags: [path.split('/')[FIRST_NAME] ?? ''],
    summary,
    requestParams: {
      ...(names.length > 0 && { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }),
      ...((query || lists.length > 1) && {
        query: ((query as z.ZodObject | undefined) ?? z.object({})).extend(
          lists.length > 1 ? { list: listParameter(lists) } : {},
        ),
      }),
    },
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    security: securityOf(access.action),
    responses: {
      200: {
        description: 'Done',
        content: file
          ? FILE
          : { 'application/json': { schema: response }, ...(lists.length > 0 && { 'text/csv': CSV }) },
      },
      ...(later && {
        202: { description: 'Asked for, and done later', content: { 'application/json': { schema: later } } },
      }),
      ...problemsOf(route, method, names.length > 0),
      default: {
        description: 'What went wrong (RFC 9457)',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  }
}
