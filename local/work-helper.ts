// The process that answers imports into a large registry and builds reports, so that reading and comparing a province
// does not stop the host's event loop. Reads state.sqlite and writes files itself; the host writes documents, in slices
// (work-apart.ts).

import { dirname, join } from 'node:path'
import { must } from '../domain/must.ts'
import { type ApiEvent, type ApiResult, api } from '../functions/api.ts'
import {
  type DocWrite,
  PermanentFailure,
  type Platform,
  type ShardEvent,
  type ShardResult,
  VersionConflict,
} from '../functions/platform.ts'
import { reports } from '../functions/reports.ts'
import { openConsumptionStore } from './consumption-store.ts'
import { helpHost } from './helper-process.ts'
import { eventWith } from './http-body.ts'
import { OBJECTS_FOLDER, openObjectFolder } from './object-folder.ts'
import { openDatabase } from './sqlite.ts'
import { openStateStore } from './state-store.ts'

/** A call of a port of the host. */
export interface PortCall {
  call: number
  port: 'state' | 'devices' | 'fanOut' | 'now'
  method: string
  arguments: readonly unknown[]
}
export type PortAnswer = { call: number } & (
  | { value: unknown }
  | { error: { name: string; message: string; key?: string } }
)
/** A request of the API, whose body came before in pieces, or a run of the trigger `reports`. */
export type WorkAsked = { event: ApiEvent } | { reports: ShardEvent }
export interface BodyPiece {
  piece: Uint8Array
}
export type FromWorkHelper = PortCall | { answer: ApiResult | ShardResult } | { failed: string }
export type ToWorkHelper = PortAnswer | BodyPiece | WorkAsked

/** Documents that the host writes in one turn of its event loop: about 5 ms. */
const DOCS_PER_CALL = 200

const stateFile = must(process.argv[2])
const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
let calls = 0

const call = (portName: PortCall['port'], method: string, ...given: unknown[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    calls++
    waiting.set(calls, { resolve, reject })
    say({ call: calls, port: portName, method, arguments: given })
  })

function errorOf({ name, message, key }: Extract<PortAnswer, { error: unknown }>['error']): Error {
  if (name === 'VersionConflict') return new VersionConflict(key ?? '')
  return name === 'PermanentFailure' ? new PermanentFailure(message) : new Error(message)
}

const db = openDatabase(stateFile)
const stored = openStateStore(db)
/** Documents whose version counts go last: until then nothing of an import is visible as one. */
const inOrder = (docs: readonly DocWrite[]): DocWrite[] => [
  ...docs.filter(({ ifVersion }) => ifVersion === undefined),
  ...docs.filter(({ ifVersion }) => ifVersion !== undefined),
]
let atMs = 0
const platform: Pick<Platform, 'state' | 'consumption' | 'objects' | 'devices' | 'fanOut' | 'now'> = {
  state: {
    ...stored,
    async put(docs, options) {
      const ordered = inOrder(docs)
      for (let first = 0; first < ordered.length; first += DOCS_PER_CALL) {
        const texts = ordered
          .slice(first, first + DOCS_PER_CALL)
          .map(({ key, value, ifVersion }) => ({ key, text: JSON.stringify(value), ifVersion }))
        await call('state', 'putTexts', texts, options)
      }
    },
    async delete(keys) {
      for (let first = 0; first < keys.length; first += DOCS_PER_CALL)
        await call('state', 'delete', keys.slice(first, first + DOCS_PER_CALL))
    },
  },
  consumption: openConsumptionStore(db),
  objects: openObjectFolder(join(dirname(stateFile), OBJECTS_FOLDER)),
  devices: {
    async provision(gateways) {
      const secrets: unknown[] = []
      for (let first = 0; first < gateways.length; first += DOCS_PER_CALL) {
        const own = await call('devices', 'provision', gateways.slice(first, first + DOCS_PER_CALL))
        secrets.push(...(own as unknown[]))
      }
      return secrets as Awaited<ReturnType<Platform['devices']['provision']>>
    },
  } as Platform['devices'],
  fanOut: { send: async (queue, shards) => void (await call('fanOut', 'send', queue, shards)) },
  now: () => atMs,
}
const answerOf = api(platform as Platform)
const reportsOf = reports(platform as Platform)

let body: Uint8Array[] = []
const say = helpHost<ToWorkHelper, FromWorkHelper>((message) => {
  if ('event' in message || 'reports' in message) void work(message)
  else if ('piece' in message) body.push(message.piece)
  else {
    const caller = must(waiting.get(message.call))
    waiting.delete(message.call)
    if ('error' in message) caller.reject(errorOf(message.error))
    else caller.resolve(message.value)
  }
})

async function work(asked: WorkAsked): Promise<void> {
  try {
    const whole = body
    body = []
    atMs = Number(await call('now', 'now'))
    const answer = 'reports' in asked ? await reportsOf(asked.reports) : await answerOf(eventWith(asked.event, whole))
    say({ answer })
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) })
  }
}
