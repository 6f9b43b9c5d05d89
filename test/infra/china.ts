// What the regions of China lack, as far as a template can ask for it. Sources: docs.amazonaws.cn, "Getting Started
// with Amazon Web Services in China", the page of each service; docs/deploy.md lists what a template cannot say.

import type { TemplateJson } from './openings.ts'

type Properties = Record<string, unknown>
interface Lacking {
  what: string
  /** Resource types by name, or by their beginning. */
  type: RegExp
  /** Whether the resource asks for it; any does when absent. */
  asks?(properties: Properties): boolean
}

const has =
  (...names: string[]) =>
  (properties: Properties): boolean =>
    names.some((name) => properties[name] !== undefined)

export const LACKING_IN_CHINA: readonly Lacking[] = [
  { what: 'tags of event source mappings', type: /^AWS::Lambda::EventSourceMapping$/, asks: has('Tags') },
  {
    what: 'metrics and provisioned mode of event source mappings',
    type: /^AWS::Lambda::EventSourceMapping$/,
    asks: has('MetricsConfig', 'ProvisionedPollerConfig'),
  },
  { what: 'X-Ray of functions', type: /^AWS::Lambda::Function$/, asks: has('TracingConfig') },
  { what: 'customer keys of function packages', type: /^AWS::Lambda::Function$/, asks: has('SourceKmsKeyArn') },
  { what: 'function URLs', type: /^AWS::Lambda::Url$/ },
  { what: 'Cognito user pools', type: /^AWS::Cognito::UserPool/ },
  { what: 'configurable endpoints of IoT Core', type: /^AWS::IoT::DomainConfiguration$/ },
  { what: 'domains of CloudFront', type: /^AWS::CloudFront::Distribution$/ },
  { what: 'Timestream for LiveAnalytics', type: /^AWS::Timestream::(Database|Table)$/ },
  { what: 'CloudShell in a network', type: /^AWS::CloudShell::/ },
]

/** What of it a template asks for: `id (type): what`. */
export const lackingIn = ({ Resources }: TemplateJson): string[] =>
  Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) =>
    LACKING_IN_CHINA.filter(({ type, asks = () => true }) => type.test(Type) && asks(Properties)).map(
      ({ what }) => `${id} (${Type}): ${what}`,
    ),
  )
