// Each function writes the documents of its own work alone: the policies of the template say what the table of rights
// says, and a policy without that condition is found.

import { describe, expect, test } from 'vitest'
import { partitionOf } from '../../cloud/state/key.ts'
import { hiddenFrom, type Writer, writtenBy } from '../../functions/state/document-rights.ts'
import { collectionOf, DOCUMENTS } from '../../functions/state/documents.ts'
import { triggers } from '../../functions/triggers.ts'
import { DEPLOYMENTS, synth } from './synth.ts'

interface Statement {
  Effect?: string
  Action: string | string[]
  Condition?: {
    'ForAnyValue:StringLike'?: Record<string, string[]>
    'ForAllValues:StringLike'?: Record<string, string[]>
    Null?: Record<string, string>
  }
}
const WRITERS = [...(Object.keys(triggers) as Writer[]), 'devices', 'provisioning'] as const
const WRITING = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem']
/** A document of each collection. */
const KEYS = DOCUMENTS.map(({ prefix }) => `${prefix}/130102/2026/x`)

/** A document of each kind that holds a secret. */
const SECRETS = ['setting/notify', 'setting/recipient/r', 'notification/n', 'enrolment/G']

/** The patterns of partition keys that statements let a function write; undefined where one has no condition. */
function patternsOf(statements: readonly Statement[]): string[] | undefined {
  const writing = statements.filter(({ Action }) => [Action].flat().some((one) => WRITING.includes(one)))
  const patterns = writing.map(({ Condition }) =>
    Condition?.Null?.['dynamodb:LeadingKeys'] === 'false'
      ? Condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']
      : undefined,
  )
  return patterns.some((one) => one === undefined) ? undefined : patterns.flat().filter((one) => one !== undefined)
}
const isLike = (value: string, pattern: string): boolean =>
  pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern

describe.each(['influxdb, built here', 'timestream', 'cn-north-1', 'lake'])('deployed as "%s"', (name) => {
  const { template } = synth(DEPLOYMENTS[name])
  const policies = Object.entries(template.findResources('AWS::IAM::Policy'))
  const statementsOf = (writer: string): Statement[] => {
    const found = policies.filter(([id]) => new RegExp(`^${writer}Role`, 'i').test(id))
    expect(found, writer).toHaveLength(1)
    return found.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
  }

  test.each(WRITERS)('%s writes what its rights say', (writer) => {
    const patterns = patternsOf(statementsOf(writer))
    expect(patterns).toBeDefined()
    const allowed = KEYS.filter((key) => patterns?.some((pattern) => isLike(partitionOf(key), pattern)))
    const named = new Set(writtenBy(writer))
    expect(allowed).toEqual(KEYS.filter((key) => named.has(collectionOf(key))))
  })

  test('secrets are read by who sends with them and by administrators, and by no other function', () => {
    for (const writer of WRITERS) {
      const denied = statementsOf(writer)
        .filter(({ Effect, Action }) => Effect === 'Deny' && [Action].flat().includes('dynamodb:Query'))
        .flatMap(({ Condition }) => Condition?.['ForAnyValue:StringLike']?.['dynamodb:LeadingKeys'] ?? [])
      const readable = SECRETS.filter((key) => !denied.some((pattern) => isLike(partitionOf(key), pattern)))
      expect(readable, writer).toEqual(SECRETS.filter((key) => !hiddenFrom(writer).includes(collectionOf(key))))
    }
    expect(WRITERS.filter((writer) => !hiddenFrom(writer).includes('secret'))).toEqual(['notify', 'api'])
  })

  test('no function that hears from outside writes the registry, settings or reports, nor, unless it sends commands, the audit log', () => {
    for (const writer of ['ingest', 'provisioning', 'devices'] as const) {
      const patterns = patternsOf(statementsOf(writer)) ?? []
      // Commands of people are entries of the audit log, and only the function of gateways may publish them.
      const audit = writer === 'devices' ? [] : ['audit']
      for (const collection of ['registry#a', 'setting', 'secret', 'report#0', ...audit, 'revision#3'])
        expect(patterns.filter((pattern) => isLike(collection, pattern))).toEqual([])
    }
  })
})

test('every collection but those of one machine is written by a function', () => {
  const written = new Set(WRITERS.flatMap(writtenBy))
  expect(KEYS.map(collectionOf).filter((collection) => !written.has(collection))).toEqual([])
})

test('a statement without its condition is found', () => {
  expect(patternsOf([{ Action: 'dynamodb:PutItem' }])).toBeUndefined()
  const like = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['audit'] } }
  expect(patternsOf([{ Action: 'dynamodb:PutItem', Condition: like }])).toBeUndefined()
})
