// A host in a process of its own, so that it can be killed without warning, and the folder it works in. Everything
// started here ends with its test, by its own process id.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { type HostAddress, runningHost } from '../../local/host-address.ts'

export const projectRoot = join(import.meta.dirname, '..', '..')
/** A host that has replayed its log and opened its ports; on a busy machine. */
const START_MS_MAX = 30_000
const STDERR_CHARS_KEPT = 4_000

export interface HostProcess extends HostAddress {
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilowatch-acceptance-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts `kilowatch start` without demo and page; resolves when it says where it listens. */
export async function startHostProcess(data: string, mqttPort: number): Promise<HostProcess> {
  const { child, stderr } = spawnHost(data, mqttPort)
  const address = await eventually(
    'the host is up',
    () => {
      if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode}: ${stderr()}`)
      const found = runningHost(data)
      return found?.pid === child.pid ? found : undefined
    },
    START_MS_MAX,
  )
  return { ...address, kill: () => killed(child) }
}

/** Starts a host and kills it `afterMs` later, however far it has come. */
export async function startAndKillHost(data: string, mqttPort: number, afterMs: number): Promise<void> {
  const { child } = spawnHost(data, mqttPort)
  await pause(afterMs)
  await killed(child)
}

export function spawnHost(
  data: string,
  mqttPort: number,
  without = ['--no-demo', '--no-web'],
): { child: ChildProcess; stderr(): string } {
  const options = [...without, '--port', '0', '--mqtt-port', String(mqttPort), '--data', data]
  const child = spawn(process.execPath, [join(projectRoot, 'local', 'cli.ts'), 'start', ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-STDERR_CHARS_KEPT)
  })
  onTestFinished(() => killed(child))
  return { child, stderr: () => said }
}

/** Ends one child of ours with SIGKILL; waits until it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** Asks until the answer is neither undefined nor false; throws after `deadlineMs`. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 30_000,
): Promise<T> {
  const endMs = performance.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`)
    await pause(5)
  }
}
