// Serves the web page: files in a bucket that only CloudFront can read, and the API under the same host, so that a
// browser has one origin. `npm run build:web` and one copy put the files there (docs/deploy.md). The sign-in settings
// are no file: a function at the edge answers `config.json`, so that no copy of the page can overwrite them.

import { CfnOutput, Duration, Fn, RemovalPolicy } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  OriginRequestPolicy,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { pagePolicy } from '../functions/access/headers.ts'
import { accept } from './accepted.ts'
import type { Settings } from './settings.ts'
import { addLogBucket } from './store.ts'

/** Two years, as browsers' HSTS preload lists require. */
const TLS_ONLY = Duration.days(730)

export interface PageOptions {
  settings: Settings
  api: HttpApi
}

/** Returns the page's address. */
export function addPage(scope: Construct, { settings, api }: PageOptions): string {
  const logs = addLogBucket(scope, 'PageLogs', settings)
  const files = new Bucket(scope, 'Page', {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    // The page is public and the same in every copy of Kilowatch, so a customer key would protect nothing.
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    // The files can be built again.
    removalPolicy: RemovalPolicy.DESTROY,
    serverAccessLogsBucket: logs,
    serverAccessLogsPrefix: 'page-files/',
  })
  const { pageDomain } = settings
  const headers = addHeaders(scope)
  const fileOrigin = S3BucketOrigin.withOriginAccessControl(files)
  const common = { viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS, responseHeadersPolicy: headers }
  const config = new EdgeFunction(scope, 'PageConfigFunction', {
    runtime: FunctionRuntime.JS_2_0,
    code: FunctionCode.fromInline(answering(pageConfig(settings))),
    comment: 'config.json of the page',
  })
  const distribution = new Distribution(scope, 'PageDistribution', {
    defaultRootObject: 'index.html',
    defaultBehavior: { ...common, origin: fileOrigin },
    additionalBehaviors: {
      'config.json': {
        ...common,
        origin: fileOrigin,
        functionAssociations: [{ function: config, eventType: FunctionEventType.VIEWER_REQUEST }],
      },
      'api/*': {
        ...common,
        origin: new HttpOrigin(Fn.select(2, Fn.split('/', api.apiEndpoint))),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      },
    },
    logBucket: logs,
    logFilePrefix: 'page/',
    ...(pageDomain && {
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      domainNames: [pageDomain.name],
      certificate: Certificate.fromCertificateArn(scope, 'PageCertificate', pageDomain.certificateArn),
    }),
  })
  acceptFindings(distribution, pageDomain !== undefined)
  new CfnOutput(scope, 'PageBucket', { value: files.bucketName })
  new CfnOutput(scope, 'PageDistributionId', { value: distribution.distributionId })
  const url = `https://${pageDomain?.name ?? distribution.distributionDomainName}/`
  new CfnOutput(scope, 'PageUrl', { value: url })
  return url
}

function addHeaders(scope: Construct): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, 'PageHeaders', {
    securityHeadersBehavior: {
      // The API's answers keep their own, which allows less. Sign-in asks the provider, wherever that is.
      contentSecurityPolicy: { contentSecurityPolicy: pagePolicy(["'self'", 'https:']), override: false },
      contentTypeOptions: { override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      strictTransportSecurity: { accessControlMaxAge: TLS_ONLY, includeSubdomains: false, override: true },
    },
  })
}

function acceptFindings(distribution: Distribution, hasDomain: boolean): void {
  accept(distribution, 'AwsSolutions-CFR1', 'Where readers are is for whoever deploys to say: officials travel.')
  accept(
    distribution,
    'AwsSolutions-CFR2',
    'A firewall costs more than the rest of the page; the API checks tokens and limits its rate.',
  )
  if (!hasDomain) {
    accept(
      distribution,
      'AwsSolutions-CFR4',
      "CloudFront fixes the TLS versions of its own domain; a domain of one's own (pageDomain) has 1.2.",
    )
  }
}

/** The settings that web/src/api/site-config.ts reads, for a page beside the API. */
export const pageConfig = ({ jwt, pageClient }: Settings): object =>
  pageClient ? { oidc: { issuer: jwt.issuer, clientId: pageClient.id, scope: pageClient.scope } } : {}

/**
 * A CloudFront function that answers by itself. The answer is a doubly quoted string in it, so nothing in it is code.
 */
const answering = (config: object): string =>
  `function handler() {
  return {
    statusCode: 200,
    statusDescription: 'OK',
    headers: { 'content-type': { value: 'application/json' }, 'cache-control': { value: 'no-cache' } },
    body: { encoding: 'text', data: ${JSON.stringify(JSON.stringify(config))} },
  }
}`
