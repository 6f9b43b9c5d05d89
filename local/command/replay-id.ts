// Makes the registry id of a recorded building or meter: its own name, when valid as a gateway id. Names in files may
// hold spaces, Chinese or slashes, which MQTT topics and client ids cannot.

import { createHash } from 'node:crypto'

/** Shorter than an id may be, so that a suffix such as `-volume` and a prefix such as `heat-` fit. */
const PLAIN_NAME = /^[A-Za-z0-9_-]{1,48}$/
const DIGEST_CHARS = 16

/** The same name gives the same id in every run, so that a replay can be repeated. */
export function replayId(name: string): string {
  if (PLAIN_NAME.test(name)) return name
  return `x-${createHash('sha256').update(name).digest('hex').slice(0, DIGEST_CHARS)}`
}
