#!/usr/bin/env node
// Plays the field cases of ../shared/cases by `kilowatch play` and holds their answers against what is right, a part of
// them on each core. Where the cases are absent it says so and ends well, but under CI=true it fails: a check that was
// skipped is none.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PARTS_MAX = 2
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, '..', 'shared', 'cases')
const check = join(folder, 'check.mjs')
const given = process.argv.slice(2)

/** The arguments of each part: what was asked for, or every case. */
function parts() {
  if (given.length > 0) return [given]
  const cases = readdirSync(join(folder, 'cases')).filter((name) =>
    existsSync(join(folder, 'cases', name, 'scenario.json')),
  )
  const count = Math.min(PARTS_MAX, availableParallelism())
  return Array.from({ length: count }, (_, part) =>
    cases.filter((_, index) => index % count === part).map((name) => join(folder, 'cases', name)),
  )
}

/** @param {string[]} args */
async function played(args) {
  const child = spawn(process.execPath, [check, ...args], { cwd: root, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code ?? 1
}

if (existsSync(check)) {
  const codes = await Promise.all(parts().map(played))
  process.exitCode = Math.max(...codes)
} else {
  console.error('../shared/cases is not beside the project: the field cases were not played')
  if (process.env.CI === 'true') process.exitCode = 1
}
