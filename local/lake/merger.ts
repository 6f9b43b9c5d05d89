// Asks the process that merges files; starts it when there is work, and ends it with the store.

import { type ChildProcess, fork } from 'node:child_process'
import type { LakeFile } from './manifest.ts'
import type { MergeAnswer, MergeAsked } from './merge-process.ts'

export interface Merger {
  /** Writes one file of many; rejects when a file cannot be read or written, or when the process ends. */
  merge(asked: MergeAsked): Promise<LakeFile>
  stop(): void
}

export function lakeMerger(): Merger {
  let child: ChildProcess | undefined
  return {
    merge(asked) {
      child ??= fork(new URL('./merge-process.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      const process = child
      return new Promise((resolve, reject) => {
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
        process.send(asked)
      })
    },
    stop: () => void child?.disconnect(),
  }
}
