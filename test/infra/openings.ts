// What may not stand in a template: a right to everything, a bucket the world can read, a store that is not encrypted,
// a queue whose failures vanish, a function whose log never ends. A pure function, so that it can be shown to bite.

interface Resource {
  Type: string
  // CloudFormation's own shapes, some hundred kinds.
  // biome-ignore lint/suspicious/noExplicitAny: read by the checks below, which look for one property each.
  Properties?: any
}
export interface TemplateJson {
  Resources: Readonly<Record<string, Resource>>
}

/** What is wrong, each with the resource it is about. Nothing: []. */
export function openings({ Resources }: TemplateJson): string[] {
  const entries = Object.entries(Resources)
  const deadLetterIds = new Set(
    entries.map(([, { Properties }]) => Properties?.RedrivePolicy?.deadLetterTargetArn?.['Fn::GetAtt']?.[0]),
  )
  const endingLogIds = new Set(
    entries
      .filter(([, { Type, Properties }]) => Type === 'AWS::Logs::LogGroup' && Properties?.RetentionInDays > 0)
      .map(([id]) => id),
  )
  return entries.flatMap(([id, { Type, Properties = {} }]) => {
    const found: (string | false | undefined)[] = []
    for (const { Effect, Action, Principal } of statementsOf(Properties)) {
      if (Effect !== 'Allow') continue
      const wild = [Action].flat().filter((action) => String(action).includes('*'))
      // A key's own policy says so of the account that owns it, or nobody could ever change the key.
      if (wild.length > 0 && Type !== 'AWS::KMS::Key') found.push(`allows ${wild.join(', ')}`)
      if (Principal === '*' || (typeof Principal === 'object' && Principal.AWS === '*')) found.push('allows anyone')
    }
    switch (Type) {
      case 'AWS::S3::Bucket': {
        const block = Properties.PublicAccessBlockConfiguration ?? {}
        const isClosed = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'].every(
          (setting) => block[setting] === true,
        )
        found.push(!isClosed && 'can be made public', !Properties.BucketEncryption && 'is not encrypted')
        break
      }
      case 'AWS::DynamoDB::Table':
        found.push(!Properties.SSESpecification?.SSEEnabled && 'is not encrypted')
        break
      case 'AWS::Timestream::Database':
      case 'AWS::SecretsManager::Secret':
        found.push(!Properties.KmsKeyId && 'is not encrypted under our key')
        break
      case 'AWS::Timestream::InfluxDBInstance':
        // Encrypted whatever is said.
        found.push(Properties.PubliclyAccessible !== false && 'can be reached from anywhere')
        break
      case 'AWS::SNS::Topic':
        found.push(!Properties.KmsMasterKeyId && 'is not encrypted')
        break
      case 'AWS::SQS::Queue':
        found.push(!Properties.SqsManagedSseEnabled && !Properties.KmsMasterKeyId && 'is not encrypted')
        found.push(!deadLetterIds.has(id) && !Properties.RedrivePolicy && 'has no dead letters')
        break
      case 'AWS::IoT::TopicRule':
        found.push(!Properties.TopicRulePayload?.ErrorAction && 'drops what it cannot pass on')
        break
      case 'AWS::Lambda::Function':
        found.push(!endingLogIds.has(Properties.LoggingConfig?.LogGroup?.Ref) && 'has a log without an end')
        found.push(!(Properties.ReservedConcurrentExecutions > 0) && 'may take all the concurrency of the account')
        break
    }
    return found.filter((one) => typeof one === 'string').map((one) => `${id} (${Type}) ${one}`)
  })
}

interface Statement {
  Effect: string
  Action: unknown
  Principal?: string | { AWS?: unknown }
}
/** Of policies of IAM, resources, keys and IoT alike. */
function statementsOf(properties: Record<string, { Statement?: Statement[] } | undefined>): Statement[] {
  const documents = [properties.PolicyDocument, properties.KeyPolicy, properties.AssumeRolePolicyDocument]
  return documents.flatMap((document) => document?.Statement ?? [])
}
