// One request to the API handler, as API Gateway and the local host hand it over.

import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { type ApiEvent, api } from '../../functions/api.ts'
import type { Platform } from '../../functions/platform.ts'
import type { ReportMakerOf } from '../../functions/reporting/maker.ts'

/** `path` below /api/v1/, with its query; by an administrator, unless another role is named. */
export async function apiCall(platform: Platform, method: string, path: string, body?: unknown, role = 'admin') {
  const result = await rawApiCall({ platform, role }, method, path, body)
  return { status: result.statusCode, body: JSON.parse(result.body ?? '') }
}

/** The answer as API Gateway and the local host get it. */
export async function rawApiCall(
  {
    platform,
    makerOf,
    role = 'admin',
    headers = {},
  }: { platform: Platform; makerOf?: ReportMakerOf; role?: string; headers?: Record<string, string> },
  method: string,
  path: string,
  body?: unknown,
): Promise<APIGatewayProxyStructuredResultV2> {
  const [rawPath, search] = path.split('?')
  return (await api(
    platform,
    makerOf,
  )({
    version: '2.0',
    rawPath: `/api/v1/${rawPath}`,
    headers,
    queryStringParameters: Object.fromEntries(new URLSearchParams(search)),
    requestContext: { http: { method, path: `/api/v1/${rawPath}` }, authorizer: { lambda: { role } } },
    body: body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
  } as unknown as ApiEvent)) as APIGatewayProxyStructuredResultV2
}
