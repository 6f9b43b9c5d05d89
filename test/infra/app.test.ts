// `infra/app.ts` in a process of its own, as `cdk synth` runs it: what it writes is read by the other files here in
// their own process, so that the campaign alone waits for it.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { testInCampaign } from '../campaign.ts'
import { temporaryFolder } from '../devices/broker.ts'
import { NEEDED } from './synth.ts'

function app(context: object): { status: number | null; stderr: string; folder: string } {
  const folder = temporaryFolder()
  const { status, stderr } = spawnSync(process.execPath, ['infra/app.ts'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: {
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    },
    encoding: 'utf8',
  })
  return { status, stderr, folder }
}

testInCampaign('the app writes its template without credentials', () => {
  const { status, stderr, folder } = app({ ...NEEDED, 'aws:cdk:bundling-stacks': [] })
  expect(status, stderr).toBe(0)
  for (const name of ['Kilowatch-prod', 'Kilowatch-prod-data'])
    expect(existsSync(join(folder, `${name}.template.json`))).toBe(true)
})

test.each([
  [{}, 'context "jwtIssuer" is missing: -c jwtIssuer=… (who signs tokens)'],
  [
    { ...NEEDED, stage: 'My Stage' },
    'context "stage": "My Stage" is not a stage (small letters and digits, at most 16)',
  ],
])('with the context %o the app ends in one sentence', (context, sentence) => {
  expect(app(context)).toMatchObject({
    status: 1,
    stderr: `kilowatch: ${sentence}; docs/deploy.md describes the context\n`,
  })
})
