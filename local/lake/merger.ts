// Asks the process that merges files; starts it when there is work, and ends it with the store.

import type { ChildProcess } from 'node:child_process'
import { startHelper, tell } from '../helper-process.ts'
import type { LakeFile } from './manifest.ts'
import type { MergeAnswer, MergeAsked } from './merge-process.ts'
import { READINGS_COME } from './pace.ts'

/** How often the process is told that readings come. */
const LOOK_MS = 200

export interface Merger {
  /**
   * Writes one file of many, slowly while `batches`, their number, grows; rejects when a file cannot be read or
   * written, or when the process ends.
   */
  merge(asked: MergeAsked, batches: () => number): Promise<LakeFile>
  stop(): void
}

export function lakeMerger(): Merger {
  let child: ChildProcess | undefined
  return {
    merge(asked, batches) {
      child ??= startHelper(new URL('./merge-process.ts', import.meta.url))
      const process = child
      let told = batches()
      const timer = setInterval(() => {
        if (batches() > told) void tell(process, READINGS_COME)
        told = batches()
      }, LOOK_MS)
      const answered = new Promise<LakeFile>((resolve, reject) => {
        const ended = (): void => {
          child = undefined
          reject(new Error('the process that merges files of the lake has ended'))
        }
        process.once('exit', ended)
        process.once('message', (answer: MergeAnswer) => {
          process.off('exit', ended)
          if ('file' in answer) resolve(answer.file)
          else reject(new Error(answer.error))
        })
        void tell(process, asked)
      })
      return answered.finally(() => clearInterval(timer))
    },
    stop: () => void child?.disconnect(),
  }
}
