// Builds the OpenAPI 3.1 document from the schemas that the API parses with, so that the two cannot differ.

import * as z from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { problemSchema } from '../../domain/view/view.ts'
import { methodAndPath, type Route } from './route.ts'
import { apiRoutes } from './routes.ts'

export function openApiDocument() {
  const paths: ZodOpenApiPathsObject = {}
  for (const [text, route] of Object.entries(apiRoutes)) {
    const [method, path] = methodAndPath(text)
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(route, path) }
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Kilowatch',
      version: '1',
      description: 'Energy of public institutions. Instants are epoch milliseconds; an unknown value is null, never 0.',
    },
    paths,
    components: {
      securitySchemes: {
        gateway: { type: 'http', scheme: 'basic', description: 'Gateway id and password' },
        admin: {
          type: 'http',
          scheme: 'bearer',
          description: 'One machine: the admin token in the data folder. AWS: an access token',
        },
      },
    },
  })
}

const FILE = { '*/*': { schema: { type: 'string', format: 'binary' } } } as const

function operation({ summary, query, body, role, response, file }: Route, path: string): ZodOpenApiOperationObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  return {
    summary,
    requestParams: {
      ...(names.length > 0 && { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }),
      ...(query && { query: query as z.ZodObject }),
    },
    ...(body && { requestBody: { content: { 'application/json': { schema: body } } } }),
    ...(role && { security: [{ [role]: [] }] }),
    responses: {
      200: { description: 'Done', content: file ? FILE : { 'application/json': { schema: response } } },
      default: {
        description: 'What went wrong (RFC 9457)',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  }
}
