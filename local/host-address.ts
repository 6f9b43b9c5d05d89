// Where the host of a data folder listens: a file beside the data that the commands read. Imports nothing of the host,
// so that a command starts at once.

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HOST_FILE = 'host.json'

/** Addresses of a running host. */
export interface HostAddress {
  pid: number
  httpUrl: string
  mqttUrl: string
  adminToken: string
}

export const noteHost = (data: string, address: HostAddress): void =>
  writeWhole(join(data, HOST_FILE), JSON.stringify(address))
export const forgetHost = (data: string): void => rmSync(join(data, HOST_FILE), { force: true })

/** The address of the host that runs on a data folder, or undefined when none does. */
export function runningHost(data: string): HostAddress | undefined {
  const file = join(data, HOST_FILE)
  if (!existsSync(file)) return undefined
  const address = JSON.parse(readFileSync(file, 'utf8')) as HostAddress
  try {
    process.kill(address.pid, 0)
    return address
  } catch {
    return undefined // left behind by a host that was killed
  }
}

/** A reader, or the next start after a kill, finds the old file or the new one: half a token would be a weak one. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}
