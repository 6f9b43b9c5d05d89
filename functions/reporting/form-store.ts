// Stores what people add to the forms of institutions: entries, justifications of findings, settings of the checks and
// draws of the spot check. Each write goes into the audit log in the same put (docs/rules/report.md#audit-log).

import { canonicalJson } from '../../domain/canonical.ts'
import { type CheckSettings, type Justification, NO_CHECK_SETTINGS } from '../../domain/report/check-settings.ts'
import type { EnteredForms } from '../../domain/report/forms/values.ts'
import type { SpotCheck } from '../../domain/report/spot-check.ts'
import { docKey, type Key, type Platform, type StateStore } from '../platform.ts'
import { appendAudit, sha256 } from '../state/audit.ts'

export const formKeys = {
  /** All periods of an institution. */
  entries: (institution: string) => docKey<EnteredForms>(`form-entry/${institution}`),
  /** All periods of an institution. */
  justifications: (institution: string) => docKey<Justification[]>(`justification/${institution}`),
  settings: docKey<CheckSettings>('setting/report-checks'),
  spotCheck: (area: string, year: number | string) => docKey<SpotCheck>(`spot-check/${area}/${year}`),
} as const

export const checkSettings = async (state: Pick<StateStore, 'get'>): Promise<CheckSettings> =>
  (await state.get(formKeys.settings))?.value ?? NO_CHECK_SETTINGS

/** Replaces one document; the log keeps the SHA-256 of the new value. Throws VersionConflict. */
export async function putAudited<T>(
  { state, now }: Pick<Platform, 'state' | 'now'>,
  { key, value, ifVersion }: { key: Key<T>; value: T; ifVersion: number },
  fact: { what: string; about: string; who: string; detail?: Record<string, unknown> },
): Promise<void> {
  const detail = { ...fact.detail, sha256: sha256(canonicalJson(value)) }
  await appendAudit(state, { ...fact, atMs: now(), detail }, [{ key, value, ifVersion }])
}
