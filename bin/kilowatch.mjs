#!/usr/bin/env node
// `npx kilowatch …`: installs what is missing, then runs local/cli.ts, or cloud/cli.ts for commands on an installation
// in AWS, on the pinned Node.js. Stdout belongs to the command alone. Built-ins only, and syntax that Node 20 reads,
// because it runs before anything is installed.

import { spawn } from 'node:child_process'
import module from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, orExit, pinnedNode, root } from './install.mjs'

/** The first Node.js whose type stripping and sqlite Kilowatch relies on. */
const FIRST_NODE_MAJOR = 24
const CLOUD_COMMANDS = ['replay-dlq', 'replay-record']

// Named before the first of our files is loaded: half of a short command's time is compiling them.
const cache = join(root, 'node_modules', '.cache', 'kilowatch')

orExit(ensureInstalled)
const [, , command = ''] = process.argv
const isOfCloud = CLOUD_COMMANDS.includes(command) || (command === 'rebuild' && process.argv.includes('--aws'))
const cli = join(root, isOfCloud ? 'cloud' : 'local', 'cli.ts')

if (Number.parseInt(process.versions.node, 10) >= FIRST_NODE_MAJOR) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? cache)
  await import(cli)
} else runOnPinnedNode()

function runOnPinnedNode() {
  const env = { NODE_COMPILE_CACHE: cache, ...process.env }
  const child = spawn(pinnedNode, [cli, ...process.argv.slice(2)], { stdio: 'inherit', env })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => {
    process.stderr.write(`kilowatch: ${pinnedNode} could not be started: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}
