// Builds the HTTP API: one route for each in the table of routes, so that no other exists, behind an authorizer that
// checks tokens before a function costs money.

import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { HttpRoute } from '../functions/triggers.ts'
import { accept } from './accepted.ts'
import type { Settings } from './settings.ts'

/** Requests a second, and burst: a page makes some ten requests; a script that makes more has to wait (429). */
const RATE = 100
const BURST = 200
/** How long a browser may cache a preflight answer. */
const PREFLIGHT_KEPT = Duration.hours(1)
/** Open without a token even when reading needs one, with the reason. */
const OPEN: ReadonlyMap<string, string> = new Map([
  ['GET /api/v1/openapi.json', 'What the API is like; it tells of no institution.'],
  ['HEAD /api/v1/health', 'Whether it lives, for monitors; it tells of no institution.'],
  ['GET /api/v1/health', 'Whether it lives and is ready; it tells of no institution.'],
  ['GET /api/v1/acknowledgements/{alert}', 'The handler checks the signed key of the link, which is for one alert.'],
  ['POST /api/v1/acknowledgements/{alert}', 'The handler checks the signed key of the link, which is for one alert.'],
])
/** Log fields of an HTTP API: the CDK's standard fields are a REST API's, and do not contain the route. */
const LOGGED = JSON.stringify({
  requestId: '$context.requestId',
  at: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  bytes: '$context.responseLength',
  ms: '$context.responseLatency',
  refused: '$context.authorizer.error',
  failed: '$context.integrationErrorMessage',
})

export function addHttpApi(scope: Construct, settings: Settings): HttpApi {
  const api = new HttpApi(scope, 'Http', {
    createDefaultStage: false,
    // A page served by CloudFront is same-origin; a page elsewhere needs CORS.
    corsPreflight: settings.pageUrl === undefined ? undefined : asksAcross(settings.pageUrl),
  })
  const log = new LogGroup(scope, 'HttpLog', {
    retention: settings.logDays,
    removalPolicy: settings.stage === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  })
  api.addStage('$default', {
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: RATE, burstLimit: BURST },
    accessLogSettings: {
      destination: new LogGroupLogDestination(log),
      format: AccessLogFormat.custom(LOGGED),
    },
  })
  new CfnOutput(scope, 'ApiUrl', { value: api.apiEndpoint })
  return api
}

/** Tokens are sent in a header, never in cookies, so credentials need not be allowed. */
const asksAcross = (pageUrl: string): CorsPreflightOptions => ({
  allowOrigins: [new URL(pageUrl).origin],
  allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST],
  allowHeaders: ['authorization', 'content-type'],
  maxAge: PREFLIGHT_KEPT,
})

/** The function that answers HEAD. */
const HEAD_BY = 'api'

/** A route and the name of its function. */
export type Served = [route: HttpRoute, by: string]

/**
 * HEAD asks for what GET would answer (docs/rules/interfaces.md#transfer): two routes for all of them, since an API has
 * 300. Open like the health check, or behind the authorizer.
 */
export const HEAD_ROUTES = ['HEAD /api/v1/health', 'HEAD /api/v1/{proxy+}'] as const

export interface RoutesOptions {
  routes: readonly Served[]
  functions: ReadonlyMap<string, LambdaFunction>
  settings: Settings
}

export function addRoutes(api: HttpApi, { routes, functions, settings }: RoutesOptions): void {
  const signedIn = new HttpJwtAuthorizer('SignedIn', settings.jwt.issuer, { jwtAudience: [...settings.jwt.audience] })
  // One permission for the API, not one for each route: a function's policy may have 20 KB, which some forty routes
  // fill.
  const scoping = { scopePermissionToRoute: false }
  const integrations = new Map(
    [...functions].map(([name, made]) => [name, new HttpLambdaIntegration(name, made, scoping)]),
  )
  const heads = HEAD_ROUTES.map((route) => [route, HEAD_BY] as const)
  for (const [route, by] of [...routes, ...heads]) {
    const integration = integrations.get(by)
    if (!integration) throw new Error(`no function "${by}" for ${route}`)
    const [method, path = ''] = route.split(' ')
    const isOpen = OPEN.has(route) || (settings.readers === 'anyone' && (method === 'GET' || method === 'HEAD'))
    const authorizer: IHttpRouteAuthorizer = isOpen ? new HttpNoneAuthorizer() : signedIn
    const methods = [HttpMethod[method as keyof typeof HttpMethod]]
    const added = api.addRoutes({ path, methods, integration, authorizer })
    if (!isOpen) continue
    const reason = OPEN.get(route) ?? 'Whoever deployed it said that anyone may read (context readers=anyone).'
    for (const one of added) accept(one, 'AwsSolutions-APIG4', reason)
  }
}
