// Does long work in a process of its own (work-helper.ts), one after another: imports into a large registry, and the
// reports of its areas. The process starts with the first of them and ends when none came for a while. Its writes come
// back as short calls, so that acknowledgements go between them.

import type { ChildProcess } from 'node:child_process'
import type { ApiEvent, ApiResult } from '../functions/api.ts'
import { type ShardEvent, type ShardResult, VersionConflict } from '../functions/platform.ts'
import { registryKeys, registryReader } from '../functions/registry/reader.ts'
import { isTakenLater } from '../functions/reporting/asked.ts'
import { endHelper, startHelper, tell } from './helper-process.ts'
import type { LocalPlatform } from './platform.ts'
import type { FromWorkHelper, PortAnswer, PortCall, ToWorkHelper, WorkAsked } from './work-helper.ts'

const IMPORT_ROUTES: readonly string[] = ['PUT /api/v1/registry', 'POST /api/v1/registry/preview']
/** They build a report, or read one whole. */
const REPORT_ROUTES = /^(?:POST .*\/reports\/.*\/(build|check|revise)|GET .*\/reports\/.*\/(differences))$/
/** A smaller import into a smaller registry takes less than 50 ms of the event loop. */
const BODY_BYTES_MIN = 128 * 1024
const METERS_MIN = 1_000
const IDLE_MS = 60_000

export interface WorkApart {
  /** Whether a request is answered here. */
  takes(event: Pick<ApiEvent, 'routeKey' | 'pathParameters'>, bytes: number): Promise<boolean>
  answer(event: ApiEvent, body: readonly Uint8Array[]): Promise<ApiResult>
  /** Runs the trigger `reports`. */
  reports(event: ShardEvent): Promise<ShardResult>
  /** Ends the work at hand; what comes later is refused. */
  close(): Promise<void>
}

export function workApart(
  { state, devices, fanOut, now }: Pick<LocalPlatform, 'state' | 'devices' | 'fanOut' | 'now'>,
  stateFile: string,
): WorkApart {
  const ports = { state, devices, fanOut, now: { now } }
  let helper: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let isClosed = false
  let last: Promise<unknown> = Promise.resolve()
  const end = async (): Promise<void> => {
    clearTimeout(idle)
    const ended = helper
    helper = undefined
    if (ended) await endHelper(ended)
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

  async function run<Answer>(asked: WorkAsked, body: readonly Uint8Array[]): Promise<Answer> {
    clearTimeout(idle)
    // The host's queues still run while it closes: another process would hold it up until that is idle.
    if (isClosed) throw new Error('the work was ended')
    helper ??= startHelper(new URL('./work-helper.ts', import.meta.url), { args: [stateFile] })
    const current = helper
    const say = (message: ToWorkHelper): Promise<void> => tell(current, message)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const onExit = (): void => reject(new Error('the work was ended'))
    const onMessage = (message: FromWorkHelper): void => {
      if ('answer' in message) resolve(message.answer as Answer)
      else if ('failed' in message) reject(new Error(message.failed))
      else void answered(message).then(say)
    }
    current.on('exit', onExit).on('message', onMessage)
    try {
      // One after another: a body of 100 MB at once would stop the event loop.
      for (const piece of body) await say({ piece })
      await say(asked)
      return await promise
    } catch (error) {
      await end()
      throw error
    } finally {
      current.off('exit', onExit).off('message', onMessage)
      if (!isClosed) idle = setTimeout(() => void end(), IDLE_MS).unref()
    }
  }

  function inTurn<Answer>(asked: WorkAsked, body: readonly Uint8Array[] = []): Promise<Answer> {
    const turn = last.then(() => run<Answer>(asked, body))
    last = turn.catch(() => undefined)
    return turn
  }

  return {
    async takes({ routeKey, pathParameters }, bytes) {
      const [, step, reading] = REPORT_ROUTES.exec(routeKey) ?? []
      if (!IMPORT_ROUTES.includes(routeKey) && step === undefined && reading === undefined) return false
      // Only asked for, so it is answered at once, whatever the helper is at.
      if (await isTakenLater(registryReader(state), { step, subject: pathParameters?.subject })) return false
      return bytes >= BODY_BYTES_MIN || ((await state.get(registryKeys.head))?.value.meters ?? 0) >= METERS_MIN
    },
    answer: (event, body) => inTurn<ApiResult>({ event }, body),
    reports: (shardEvent) => inTurn<ShardResult>({ reports: shardEvent }),
    async close() {
      isClosed = true
      await end()
    },
  }
}
