// Says that the stores cannot be written, why, and how much room there is: one line a minute, whatever the number of
// failures (docs/rules/platform.md#a-full-disk).

import { statfsSync } from 'node:fs'
import type { HostProblem } from '../functions/platform.ts'

const LINE_MS = 60_000
/** Room that the stores' logs need to go on: each grows to 64 MB before it is merged. */
const NEEDED_MB = 256

export interface StorageWatch {
  failed(error: unknown, log?: (line: string) => void): void
  worked(): void
  problem(): HostProblem | undefined
}

export function storageWatch(folder: string): StorageWatch {
  let cause: string | undefined
  let saidMs = Number.NEGATIVE_INFINITY
  const problem = (): HostProblem | undefined => {
    if (cause === undefined) return undefined
    const { bavail, bsize } = statfsSync(folder)
    const freeMb = Math.floor((bavail * bsize) / 1024 ** 2)
    return {
      code: 'storageFailed',
      en: `readings cannot be stored: ${cause}. The file system of "${folder}" has ${freeMb} MB free, ${NEEDED_MB} are needed; nothing is acknowledged until it can be written`,
      zh: `读数无法写入：${cause}。“${folder}”所在文件系统剩余 ${freeMb} MB，需要 ${NEEDED_MB} MB；恢复写入之前不确认任何消息`,
    }
  }
  return {
    failed(error, log = console.error) {
      cause = error instanceof Error ? error.message : String(error)
      const now = performance.now()
      if (now - saidMs < LINE_MS) return
      saidMs = now
      log(problem()?.en ?? '')
    },
    worked() {
      cause = undefined
    },
    problem,
  }
}
