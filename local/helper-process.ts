// Processes that help the host: work that would stop its event loop, in a file of its own that talks by messages. A
// process and not a thread: TypeScript in a thread loads Node.js's WebAssembly that strips types, and V8's list of such
// code breaks when threads end, which ends the whole process (docs/decisions/0063).

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'

export interface HelperOptions {
  /** What the file finds in `process.argv` from the third place on; others can read it. */
  args?: readonly string[]
  /** Flags of V8 and Node.js; none of this process's own are passed on. */
  execArgv?: readonly string[]
}

/** Starts the file of a helper. What it and this process say to each other is copied by structured clone. */
export function startHelper(file: URL, { args = [], execArgv = [] }: HelperOptions = {}): ChildProcess {
  const cache = getCompileCacheDir()
  const helper = fork(file, args, {
    env: { ...process.env, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) },
    execArgv: [...execArgv],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  // One that cannot be started ends like any other: Node.js tells no exit of it, and an error that nobody takes would
  // end the host.
  helper.on('error', (error) => {
    console.error(`kilowatch: a process that helps the host: ${error.message}`)
    if (helper.pid === undefined) helper.emit('exit', helper.exitCode, null)
  })
  return helper
}

/** Says one thing to a helper; resolves when it is on its way, so that large things follow each other. */
export const tell = (helper: ChildProcess, message: object): Promise<void> =>
  new Promise((resolve) => {
    // A helper that has ended is told of by its exit.
    helper.send(message, () => resolve())
  })

/** Ends a helper at once, whatever it is at, and waits until it is gone. */
export async function endHelper(helper: ChildProcess): Promise<void> {
  if (helper.exitCode !== null || helper.signalCode !== null) return
  const gone = once(helper, 'exit')
  helper.kill('SIGKILL')
  await gone
}

/** In the file of a helper: `take` is called with each message. Returns what answers. Ends with the host. */
export function helpHost<Asked extends object, Answer extends object>(
  take: (asked: Asked) => void,
): (answer: Answer) => void {
  process.once('disconnect', () => process.exit())
  // Ctrl-C reaches the whole process group; the host ends its helpers when it is done.
  process.on('SIGINT', () => undefined)
  process.on('message', take)
  return (answer) => void process.send?.(answer)
}
