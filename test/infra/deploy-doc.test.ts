// docs/deploy.md says what the templates hold: every context value, alarm, output and name in it is there, and none of
// the templates' is missing in it.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { synth } from './synth.ts'

const text = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8')
const settings = readFileSync(new URL('../../infra/settings.ts', import.meta.url), 'utf8')
const { template, data, service } = synth({ page: 'cloudfront', pageClient: 'page', canary: 'canary/canary-E1' })
const { template: elsewhere } = synth({ pageUrl: 'https://page.example/' })

/** The names in the first column of the table whose header is `head`. */
function rowsOf(head: string, page = text): string[] {
  const lines = page.split('\n')
  const first = lines.findIndex((line) => line.startsWith(`| ${head} `))
  const end = lines.findIndex((line, n) => n > first && !line.startsWith('|'))
  return lines
    .slice(first + 2, end)
    .flatMap((line) => [...line.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, name]) => name))
}

const { template: withInflux } = synth({ readings: 'influxdb' })
const alarms = [
  ...new Set([template, withInflux].flatMap((made) => Object.keys(made.findResources('AWS::CloudWatch::Alarm')))),
]
/** Ids of alarms have no other signs than letters and digits. */
const patternOf = (row: string): RegExp =>
  new RegExp(
    `^${row
      .replaceAll(/[^\w…]/g, '')
      .replaceAll('_', '')
      .replaceAll('…', '\\w*')}(?:Alarm)?\\w*$`,
  )

describe('the context', () => {
  const read = [...settings.matchAll(/(?:text|needed|oneOf|list|matching)\('(\w+)'/g)].map(([, name]) => name)

  test('has a row for each value that is read, and no other', () => {
    const rows = rowsOf('context')
    expect(rows.length).toBeGreaterThan(15)
    expect(rows.sort()).toEqual([...new Set([...read, 'region'])].sort())
  })
})

describe('the alarms', () => {
  test('have a row each that says what to do', () => {
    const patterns = rowsOf('alarm').map(patternOf)
    expect(alarms.length).toBeGreaterThan(40)
    expect(alarms.filter((id) => !patterns.some((pattern) => pattern.test(id)))).toEqual([])
    expect(patterns.filter((pattern) => !alarms.some((id) => pattern.test(id)))).toEqual([])
  })

  test('that have no row are found', () => {
    const patterns = rowsOf('alarm', text.replace(/^\| `ReadingsStopped`.*\n/m, '')).map(patternOf)
    expect(alarms.filter((id) => !patterns.some((pattern) => pattern.test(id)))).toEqual([
      expect.stringMatching(/^ReadingsStopped/),
    ])
  })
})

test('outputs that it names are there', () => {
  const outputs = [...Object.keys(template.toJSON().Outputs), ...Object.keys(elsewhere.toJSON().Outputs)]
  for (const name of ['PageUrl', 'PageConfig', 'ClaimPolicyName', 'FleetTemplateName']) {
    expect(text).toContain(`\`${name}\``)
    expect(
      outputs.some((one) => one.startsWith(name)),
      name,
    ).toBe(true)
  }
})

test('names that it gives are those of the templates', () => {
  const named = (type: string, property: string) =>
    Object.values(template.findResources(type)).map(({ Properties }) => Properties[property])
  for (const name of ['kilowatch_STAGE_ingest', 'kilowatch-STAGE-gateways', 'Kilowatch-STAGE-data', 'undelivered/'])
    expect(text).toContain(name)
  expect(named('AWS::IoT::TopicRule', 'RuleName')).toContain('kilowatch_prod_ingest')
  expect(named('AWS::IoT::ThingGroup', 'ThingGroupName')).toEqual(['kilowatch-prod-gateways'])
  const [body] = named('AWS::IoT::ProvisioningTemplate', 'TemplateBody')
  for (const parameter of ['Gateway', 'Serial', 'Code']) {
    expect(text).toContain(`\`${parameter}\``)
    expect(JSON.stringify(body)).toContain(`\\"${parameter}\\"`)
  }
})

test('what it says of copies, of the network and of keeping holds', () => {
  const copies = Object.values(template.findResources('AWS::Lambda::Function')).map(
    ({ Properties }) => Properties.ReservedConcurrentExecutions,
  )
  expect(text).toContain('about 100 copies are reserved')
  expect(copies.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(90)
  expect(copies.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(100)
  const kept = Object.entries(service.toJSON().Resources as Record<string, { Type: string; DeletionPolicy?: string }>)
    .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
    .map(([, { Type }]) => Type)
  // Logs of functions and of the page, and the type of the things; some API logs.
  expect([...new Set(kept)].sort()).toEqual(['AWS::IoT::ThingType', 'AWS::Logs::LogGroup', 'AWS::S3::Bucket'])
  expect(Object.values(data.findResources('AWS::DynamoDB::Table'))[0].Properties.DeletionProtectionEnabled).toBe(true)
})
