// Bounds and orders the checks of passwords that cost time (docs/rules/platform.md#strangers): one at a time, addresses
// in turn, and of one address the latest first, since those before it may have given up.

export interface Asker {
  address: string
  /** True once nobody waits for the answer any more. */
  isGone(): boolean
}
/** The check was not made: too many wait. */
export class VerifierBusy extends Error {
  override name = 'VerifierBusy'
}

/** A storm of gateways behind one address fits; more are told to come again. */
const WAITING_PER_ADDRESS_MAX = 256
const WAITING_MAX = 1_024
/** Wrong passwords of an address within WINDOW_MS, after which its checks are SPACED_MS apart. */
const WRONG_FREE = 300
const WINDOW_MS = 60_000
const SPACED_MS = 1_000
const ADDRESSES_MAX = 10_000

interface Waiting {
  asker: Asker
  check(): Promise<boolean>
  resolve(right: boolean): void
  reject(error: Error): void
}
interface Wrongs {
  sinceMs: number
  count: number
  nextMs: number
}

export type VerifyQueue = (asker: Asker, check: () => Promise<boolean>) => Promise<boolean>

/** `nowMs`: a clock that never goes back. */
export function verifyQueue(nowMs: () => number = () => performance.now()): VerifyQueue {
  /** In the order of their turns; the one that had its turn goes to the end. */
  const lanes = new Map<string, Waiting[]>()
  const wrongs = new Map<string, Wrongs>()
  let count = 0
  let isBusy = false
  let timer: NodeJS.Timeout | undefined

  const note = (address: string): void => {
    const now = nowMs()
    const known = wrongs.get(address)
    const own = known && now - known.sinceMs < WINDOW_MS ? known : { sinceMs: now, count: 0, nextMs: 0 }
    own.count++
    if (own.count > WRONG_FREE) own.nextMs = now + SPACED_MS
    wrongs.delete(address)
    wrongs.set(address, own)
    const [oldest] = wrongs.keys()
    if (wrongs.size > ADDRESSES_MAX && oldest !== undefined) wrongs.delete(oldest)
  }

  function next(): Waiting | undefined {
    for (const [address, lane] of lanes) {
      while (lane.at(-1)?.asker.isGone()) drop(lane.pop())
      if (lane.length > 0 && (wrongs.get(address)?.nextMs ?? 0) > nowMs()) continue
      const taken = lane.pop()
      lanes.delete(address)
      if (lane.length > 0) lanes.set(address, lane)
      if (!taken) continue
      count--
      return taken
    }
    return undefined
  }

  const drop = (waiting: Waiting | undefined): void => {
    if (!waiting) return
    count--
    waiting.reject(new VerifierBusy('too many passwords wait to be checked'))
  }

  async function work(): Promise<void> {
    if (isBusy) return
    isBusy = true
    for (let one = next(); one; one = next()) {
      try {
        const right = await one.check()
        if (!right) note(one.asker.address)
        one.resolve(right)
      } catch (error) {
        one.reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    isBusy = false
    clearTimeout(timer)
    if (lanes.size > 0) timer = setTimeout(() => void work(), SPACED_MS).unref()
  }

  return (asker, check) =>
    new Promise((resolve, reject) => {
      const lane = lanes.get(asker.address) ?? []
      lanes.set(asker.address, lane)
      lane.push({ asker, check, resolve, reject })
      count++
      if (lane.length > WAITING_PER_ADDRESS_MAX) drop(lane.shift())
      else if (count > WAITING_MAX) drop([...lanes.values()].reduce((a, b) => (b.length > a.length ? b : a)).shift())
      void work()
    })
}
