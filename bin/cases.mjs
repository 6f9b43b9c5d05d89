#!/usr/bin/env node
// Plays the field cases of ../shared/cases by `kilowatch play` and holds their answers against what is right. Where the
// cases are absent it says so and ends well, but under CI=true it fails: a check that was skipped is none.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const check = join(root, '..', 'shared', 'cases', 'check.mjs')
if (existsSync(check)) {
  const { status } = spawnSync(process.execPath, [check, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? 1
} else {
  console.error('../shared/cases is not beside the project: the field cases were not played')
  if (process.env.CI === 'true') process.exitCode = 1
}
