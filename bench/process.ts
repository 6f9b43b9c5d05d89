// The other processes of a bench: started, asked over IPC, watched for their processor time.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type HostAddress, runningHost } from '../local/host-address.ts'

const LOOK_MS = 100

/** What a process and those that it started have used. */
export interface FamilyUse {
  /** Processor time, as last seen: up to 0.1 s of each is not. */
  cpuSeconds: number
  /** Resident at once, at most; what two have mapped counts twice. */
  rssMib: number
}

/** Looks at a process and its children, while they run, until it is stopped. Only where there is /proc. */
export function watchFamily(pid: number): { stop(): FamilyUse } {
  const cpu = new Map<number, number>()
  let rssMib = 0
  const look = (): void => {
    let together = 0
    for (const one of [pid, ...childrenOf(pid)]) {
      cpu.set(one, cpuSeconds(one) ?? cpu.get(one) ?? 0)
      together += rssMibOf(one)
    }
    rssMib = Math.max(rssMib, together)
  }
  const timer = setInterval(look, LOOK_MS)
  return {
    stop() {
      look()
      clearInterval(timer)
      return { cpuSeconds: [...cpu.values()].reduce((sum, one) => sum + one, 0), rssMib }
    },
  }
}

const readProc = (name: string): string => {
  try {
    return readFileSync(`/proc/${name}`, 'utf8')
  } catch {
    return '' // it has ended
  }
}
const childrenOf = (pid: number): number[] => [...readProc(`${pid}/task/${pid}/children`).matchAll(/\d+/g)].map(Number)
const rssMibOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`))?.[1] ?? 0) / 1024

/** Clock ticks a second in /proc; 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100

/** Starts a file as a process of its own. Its stderr is ours, its stdout goes nowhere. */
export const started = (file: URL, args: string[] = []): ChildProcess =>
  fork(fileURLToPath(file), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })

const HOST_START_MS_MAX = 60_000

/** Starts the service on a data folder, without demo and page, on free ports. */
export const startedService = (folder: string): ChildProcess =>
  started(new URL('../local/cli.ts', import.meta.url), [
    ...['start', '--no-demo', '--no-web', '--port', '0', '--mqtt-port', '0', '--data', folder],
  ])

/** Where a service that has just been started listens. */
export async function serviceAddress(host: ChildProcess, folder: string): Promise<HostAddress> {
  for (const untilMs = performance.now() + HOST_START_MS_MAX; performance.now() < untilMs; await sleep(50)) {
    if (host.exitCode !== null) throw new Error(`the host ended with code ${host.exitCode}`)
    const address = runningHost(folder)
    if (address) return address
  }
  throw new Error('the host did not start')
}

/** The next message from a child; throws when it exits instead. */
export async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const quiet = new AbortController()
  const { signal } = quiet
  const exited = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with code ${code}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), exited])
    return message as T
  } finally {
    exited.catch(() => {})
    quiet.abort()
  }
}

export async function ask<T>(child: ChildProcess, request: object): Promise<T> {
  const answer = nextMessage<T & { error?: string }>(child)
  child.send(request)
  const reply = await answer
  if (reply.error !== undefined) throw new Error(reply.error)
  return reply
}

/** Ends a child at once and waits until it is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Processor time a process has used so far, in seconds, all threads; null where there is no /proc. */
export function cpuSeconds(pid: number | undefined): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
    return (Number(user) + Number(system)) / TICKS_PER_SECOND
  } catch {
    return null
  }
}
