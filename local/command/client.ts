// The CLI's client of a running host: uses only the HTTP API.

import type { ApiEvent, ApiResult } from '../../functions/api.ts'
import type { Handler } from '../../functions/handler.ts'
import { runningHost } from '../host-address.ts'

export interface Client {
  get<T>(path: string): Promise<T>
  put<T>(path: string, body: unknown): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  delete<T>(path: string): Promise<T>
}
/** A client of a host that runs, which also gives files. */
export interface HostClient extends Client {
  file(path: string): Promise<Uint8Array>
}

/** The API's answer to a failed request. */
export class ApiError extends Error {
  readonly status: number
  readonly problem: {
    detail?: string
    problems?: { kind: string; id: string; index: number; field: string; reason: string }[]
  }
  constructor(status: number, problem: ApiError['problem']) {
    super(problem.detail ?? `the API answered ${status}`)
    this.status = status
    this.problem = problem
  }
}

export function clientOf({ httpUrl, adminToken }: { httpUrl: string; adminToken: string }): HostClient {
  const answerTo = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${httpUrl.replace(/\/$/, '')}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      throw new Error(`${httpUrl} does not answer: ${String(error.cause ?? error)}`, { cause: error })
    })
    if (response.ok) return response
    throw new ApiError(response.status, (await jsonOf(response)) as ApiError['problem'])
  }
  const jsonOf = (response: Response): Promise<unknown> =>
    response.json().catch(() => ({ detail: `${httpUrl} is no kilowatch` }))
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    (await jsonOf(await answerTo(method, path, body))) as T
  return {
    get: (path) => call('GET', path),
    put: (path, body) => call('PUT', path, body),
    post: (path, body) => call('POST', path, body),
    delete: (path) => call('DELETE', path),
    file: async (path) => new Uint8Array(await (await answerTo('GET', path)).arrayBuffer()),
  }
}

/** Requests to the API's handler itself, with the rights of the machine's owner. Throws ApiError. */
export function callerOf(handler: Handler<ApiEvent, ApiResult>) {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const [rawPath = '', search] = path.split('?')
    const event = {
      ...{ version: '2.0', rawPath: `/api/v1/${rawPath}`, headers: {}, isBase64Encoded: false },
      queryStringParameters: Object.fromEntries(new URLSearchParams(search)),
      requestContext: { http: { method, path: `/api/v1/${rawPath}` }, authorizer: { lambda: { role: 'admin' } } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }
    const answer = (await handler(event as unknown as ApiEvent)) as ApiResult
    const value: unknown = JSON.parse(answer.body ?? '{}')
    if ((answer.statusCode ?? 500) >= 400) throw new ApiError(answer.statusCode ?? 500, value as ApiError['problem'])
    return value as T
  }
}

/** The host that the options name, or else the one that runs on the data folder; undefined when none does. */
export function chosenHost(options: { data: string; api?: string; token?: string }) {
  const running = runningHost(options.data)
  const httpUrl = options.api ?? running?.httpUrl
  const adminToken = options.token ?? running?.adminToken
  if (!httpUrl) return undefined
  if (!adminToken) throw new Error(`${httpUrl} needs --token: the text in "admin-token" in its data folder`)
  return { httpUrl, adminToken }
}
