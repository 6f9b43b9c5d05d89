// Stores contracts and their settlements; each act is written in one put with its entry of the audit log.

import type { Month } from '../../domain/calendar.ts'
import type { ContractRecord, SettlementRecord } from '../../domain/contract/life.ts'
import { type Doc, docKey, type StateStore, VersionConflict } from '../platform.ts'
import { appendAudit } from '../state/audit.ts'

export const contractKeys = {
  contract: (id = '') => docKey<ContractRecord>(`contract/${id}`),
  settlement: (contract: string, period: Month | '' = '') =>
    docKey<SettlementRecord>(`settlement/${contract}/${period}`),
  /** The local day on which the schedule last looked at all contracts. */
  looked: docKey<{ day: number; revision: number }>('contract-looked'),
} as const

export async function settlementsOf(state: StateStore, contract: string): Promise<Doc<SettlementRecord>[]> {
  return state.query(contractKeys.settlement(contract))
}

interface ContractAct {
  /** As the audit log names it: `contract.sign`. */
  what: string
  about: string
  who: string
  atMs: number
  detail: unknown
}

/**
 * Writes a document and its audit entry. `beside`: a document that has to be as it was read; its version rises. Throws
 * VersionConflict when someone else was first.
 */
export async function putAct<T>(
  state: StateStore,
  { key, value, version }: Doc<T>,
  act: ContractAct,
  beside?: Doc,
): Promise<Doc<T>> {
  const others = beside ? [{ key: beside.key, value: beside.value, ifVersion: beside.version }] : []
  await appendAudit(state, act, [{ key, value, ifVersion: version }, ...others])
  return { key, value, version: version + 1 }
}

/** People and a schedule that meet at one contract: more in a row are a fault. */
const ATTEMPTS = 5

/**
 * Does an act anew when someone else was first: it reads what stands now, and its own conditions decide. Throws
 * VersionConflict after ATTEMPTS.
 */
export async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempt === ATTEMPTS) throw error
    }
  }
}
