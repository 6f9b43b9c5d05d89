// Does long work in a thread of its own (import-worker.ts), one piece at a time: imports into a large registry, and the
// reports of its areas. The thread starts with the first of them and ends when none came for a while. Its writes come
// back as short calls, so that acknowledgements go between them.

import { Worker } from 'node:worker_threads'
import type { ApiEvent, ApiResult } from '../functions/api.ts'
import { type ShardEvent, type ShardResult, VersionConflict } from '../functions/platform.ts'
import { registryKeys, registryReader } from '../functions/registry/reader.ts'
import { isTakenLater } from '../functions/reporting/asked.ts'
import type {
  FromImportWorker,
  ImportWorkerInput,
  PortAnswer,
  PortCall,
  ThreadRequest,
  ToImportWorker,
} from './import-worker.ts'
import type { LocalPlatform } from './platform.ts'

const IMPORT_ROUTES: readonly string[] = ['PUT /api/v1/registry', 'POST /api/v1/registry/preview']
/** They build a report, or read one whole. */
const REPORT_ROUTES = /^(?:POST .*\/reports\/.*\/(build|check|revise)|GET .*\/reports\/.*\/(differences))$/
/** A smaller import into a smaller registry takes less than 50 ms of the event loop. */
const BODY_BYTES_MIN = 128 * 1024
const METERS_MIN = 1_000
const IDLE_MS = 60_000

export interface ImportThread {
  /** Whether a request is answered here. */
  takes(event: Pick<ApiEvent, 'routeKey' | 'pathParameters'>, bytes: number): Promise<boolean>
  answer(event: ApiEvent, body: readonly Uint8Array[]): Promise<ApiResult>
  /** Runs the trigger `reports`. */
  reports(event: ShardEvent): Promise<ShardResult>
  close(): Promise<void>
}

export function importThread(
  { state, devices, fanOut, now }: Pick<LocalPlatform, 'state' | 'devices' | 'fanOut' | 'now'>,
  stateFile: string,
): ImportThread {
  const ports = { state, devices, fanOut, now: { now } }
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()
  const end = async (): Promise<void> => {
    clearTimeout(idle)
    const ended = worker
    worker = undefined
    await ended?.terminate()
  }

  async function answered({ call, port, method, arguments: given }: PortCall): Promise<PortAnswer> {
    try {
      const methods = ports[port] as unknown as Record<string, (...given: readonly unknown[]) => unknown>
      return { call, value: await methods[method]?.(...given) }
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      return { call, error: { name, message, ...(error instanceof VersionConflict && { key: error.key }) } }
    }
  }

  async function run<Answer>(asked: ThreadRequest): Promise<Answer> {
    clearTimeout(idle)
    worker ??= new Worker(new URL('./import-worker.ts', import.meta.url), {
      workerData: stateFile satisfies ImportWorkerInput,
    })
    const current = worker
    const say = (message: ToImportWorker): void => current.postMessage(message)
    try {
      return await new Promise<Answer>((resolve, reject) => {
        current.removeAllListeners()
        current.on('error', reject)
        current.on('exit', () => reject(new Error('the work was ended')))
        current.on('message', (message: FromImportWorker) => {
          if ('answer' in message) resolve(message.answer as Answer)
          else if ('failed' in message) reject(new Error(message.failed))
          else void answered(message).then(say)
        })
        say(asked)
      })
    } catch (error) {
      await end()
      throw error
    } finally {
      idle = setTimeout(() => void end(), IDLE_MS).unref()
    }
  }

  function inTurn<Answer>(asked: ThreadRequest): Promise<Answer> {
    const turn = last.then(() => run<Answer>(asked))
    last = turn.catch(() => undefined)
    return turn
  }

  return {
    async takes({ routeKey, pathParameters }, bytes) {
      const [, step, reading] = REPORT_ROUTES.exec(routeKey) ?? []
      if (!IMPORT_ROUTES.includes(routeKey) && step === undefined && reading === undefined) return false
      // Only asked for, so it is answered at once, whatever this thread is at.
      if (await isTakenLater(registryReader(state), { step, subject: pathParameters?.subject })) return false
      return bytes >= BODY_BYTES_MIN || ((await state.get(registryKeys.head))?.value.meters ?? 0) >= METERS_MIN
    },
    answer: (event, body) => inTurn<ApiResult>({ event, body }),
    reports: (shardEvent) => inTurn<ShardResult>({ reports: shardEvent }),
    close: end,
  }
}
