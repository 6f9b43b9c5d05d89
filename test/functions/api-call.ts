// One request to the API handler, as API Gateway and the local host hand it over.

import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { type ApiEvent, api } from '../../functions/api.ts'
import type { Platform } from '../../functions/platform.ts'

/** `path` below /api/v1/, with its query; by an administrator, unless another role is named. */
export async function apiCall(platform: Platform, method: string, path: string, body?: unknown, role = 'admin') {
  const [rawPath, search] = path.split('?')
  const result = (await api(platform)({
    version: '2.0',
    rawPath: `/api/v1/${rawPath}`,
    headers: {},
    queryStringParameters: Object.fromEntries(new URLSearchParams(search)),
    requestContext: { http: { method, path: `/api/v1/${rawPath}` }, authorizer: { lambda: { role } } },
    body: body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
  } as unknown as ApiEvent)) as APIGatewayProxyStructuredResultV2
  return { status: result.statusCode, body: JSON.parse(result.body ?? '') }
}
