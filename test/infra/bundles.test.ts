// What is deployed is what was bundled, from cloud/ and not from local/, and each function has the rights that its
// handler uses and no others.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { triggers } from '../../functions/triggers.ts'
import { bundleEntries, entryOf } from '../../infra/bundle.ts'
import { bundleOf } from '../../infra/code.ts'
import { works } from '../../infra/functions.ts'
import { testInCampaign } from '../campaign.ts'
import { synth } from './synth.ts'

const names = Object.keys(triggers) as (keyof typeof triggers)[]
const alone = entryOf('influx-set-up')
const entries = [
  ...bundleEntries.map(({ entry }) => entry),
  entryOf('provisioning'),
  entryOf('canary'),
  entryOf('rebuild'),
  alone,
]

/** Eight bundles, on a machine that may be busy with other tests. */
const BUNDLING_MS_MAX = 180_000

// In `npm test` deployed-bundle.test.ts bundles and runs what readings go through.
testInCampaign(
  'every function of the stack is a bundle of its entry, from cloud/ and without local/',
  () => {
    const { app, template } = synth({ readings: 'influxdb', canary: 'canary/canary-E1' }, { bundled: true })
    const deployed = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => {
      const folder = join(app.outdir, `asset.${Properties.Code.S3Key.replace('.zip', '')}`)
      expect(readdirSync(folder).sort()).toEqual(['index.mjs', 'index.mjs.map'])
      return readFileSync(join(folder, 'index.mjs'), 'utf8')
    })
    // The routes about gateways are the api's, on a function of their own.
    expect(deployed).toHaveLength(entries.length + 1)
    expect(new Set(deployed).size).toBe(entries.length)
    for (const entry of entries) {
      const { code, inputs } = bundleOf(entry)
      if (entry !== alone) expect(inputs, entry).toContain('cloud/platform.ts')
      expect(inputs.filter((path) => path.startsWith('local/'))).toEqual([])
      expect(deployed, entry).toContain(Buffer.from(code).toString())
    }
  },
  BUNDLING_MS_MAX,
)

test(
  'the function of the lake is a bundle without local/ and without a database',
  () => {
    const { code, inputs } = bundleOf(entryOf('lake'))
    expect(inputs).toContain('cloud/series/lake/tend.ts')
    expect(inputs.filter((path) => path.startsWith('local/') || path.includes('duckdb'))).toEqual([])
    // As the others: hundreds of kilobytes, most of them the AWS SDK.
    expect(code.length).toBeLessThan(2_500_000)
  },
  BUNDLING_MS_MAX,
)

describe('rights', () => {
  /** Ports that the handler of a row takes from its platform. */
  const portsOf = (name: string): string[] | undefined => {
    const source = readFileSync(new URL(`../../functions/${name}.ts`, import.meta.url), 'utf8')
    const inHead = new RegExp(`export function ${name}\\(\\s*\\{([^}]*)\\}: Platform`).exec(source)
    const inBody = new RegExp(`export function ${name}\\(on: Platform\\) \\{\\s*const \\{([^}]*)\\} = on`).exec(source)
    const ports = (inHead ?? inBody)?.[1]
    return ports?.split(',').map((port) => port.trim().replace(/:.*/, ''))
  }
  const taking = names.filter((name) => portsOf(name) !== undefined)

  test('are looked at for all rows but api, which takes the platform as a whole', () => {
    expect(names.filter((name) => !taking.includes(name))).toEqual(['api'])
  })

  test.each(taking)('of %s are those of the ports that it takes', (name) => {
    const ports = portsOf(name) ?? []
    const { reads = [], writes = [], sends = [], tells = false } = works[name]
    expect([...new Set([...reads, ...writes])].sort()).toEqual(
      ['consumption', 'readings'].filter((port) => ports.includes(port)),
    )
    // A row that goes unit by unit sends each tick on to its own queue (cloud/events/queued.ts).
    const { each } = { each: undefined, ...triggers[name] }
    expect(sends.length > 0).toBe(ports.includes('fanOut') || each !== undefined)
    if (each) expect(sends).toContain(name)
    expect(tells).toBe(ports.includes('notify'))
  })
})
