// Keeps steps that somebody asked for and that are taken later: building, checking or revising the report of an area
// with areas below it reads or writes a whole document of many counties, which in a large registry takes longer than a
// request may (docs/rules/report.md#steps-taken-later). The trigger `reports` takes them.

import type { ReportStep } from '../../domain/report/life.ts'
import { type Doc, docKey, type Platform, type StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import type { StepAsked, StepDone, StepNotTaken } from './steps.ts'

export const LATER_STEPS = ['build', 'check', 'revise'] as const satisfies readonly ReportStep[]
type LaterStep = (typeof LATER_STEPS)[number]

/** Plain JSON; one an area. */
export interface AskedStep extends Omit<StepAsked, 'path' | 'step'> {
  step: LaterStep
  /** When it was asked for; a build has the data up to then. */
  atMs: number
  /** Why it was not taken; null while it waits. */
  refused: StepNotTaken | { code: 'failed'; detail: string } | null
}
const askedKey = (subject: string) => docKey<AskedStep>(`report-asked/${subject}`)

/** Registries of up to so many institutions are built within a request: some seconds. */
export const INSTITUTIONS_AT_ONCE_MAX = 1_000
/** Another step may be asked for when one waits that long: its work fails again and again. */
const WAITING_MS_MAX = 2 * 3_600_000
/** Errors that are kept of a refused check. */
const FINDINGS_MAX = 100

export const askedStep = async (state: StateStore, subject: string): Promise<Doc<AskedStep> | undefined> =>
  state.get(askedKey(subject))

/** Whether a step of a report is taken later. */
export async function isTakenLater(
  registry: Pick<RegistryReader, 'areas' | 'refresh'>,
  { step, subject }: { step: string | undefined; subject: string | undefined },
): Promise<boolean> {
  if (subject === undefined || (await registry.refresh()).institutions <= INSTITUTIONS_AT_ONCE_MAX) return false
  return LATER_STEPS.some((one) => one === step) && (await registry.areas()).some(({ parent }) => parent === subject)
}

/** The step that was asked for first and still waits, when there is one; else none, and the asked one waits now. */
export async function askStep(
  { state, fanOut, now }: Pick<Platform, 'state' | 'fanOut' | 'now'>,
  { path: [subject], ...asked }: StepAsked,
): Promise<{ first?: AskedStep; asked: AskedStep }> {
  const key = askedKey(subject)
  const before = await state.get(key)
  const value: AskedStep = { ...asked, step: asked.step as LaterStep, atMs: now(), refused: null }
  if (before?.value.refused === null && value.atMs - before.value.atMs < WAITING_MS_MAX)
    return { first: before.value, asked: value }
  await state.put([{ key, value, ifVersion: before?.version ?? 0 }])
  await fanOut.send('reports', [subject])
  return { asked: value }
}

/** Forgets a step that was taken, and keeps why one was not. */
export async function answerAsked(
  state: StateStore,
  subject: string,
  asked: AskedStep,
  done: StepDone | { failed: string },
): Promise<void> {
  const key = askedKey(subject)
  const stored = await state.get(key)
  if (stored?.value.atMs !== asked.atMs) return
  const refused = refusalOf(asked, done)
  if (refused === null) await state.delete([key])
  else await state.put([{ key, value: { ...asked, refused }, ifVersion: stored.version }])
}

function refusalOf({ version, who, step, atMs }: AskedStep, done: StepDone | { failed: string }): AskedStep['refused'] {
  if ('failed' in done) return { code: 'failed', detail: done.failed }
  if ('report' in done) return null
  const { refused } = done
  // A run that was cut off after the step and before this.
  if (refused.code === 'version' && refused.version === version + 1 && refused.last?.who === who)
    return refused.last.step === step && refused.last.atMs >= atMs ? null : refused
  return refused.code === 'findings' ? { ...refused, findings: refused.findings.slice(0, FINDINGS_MAX) } : refused
}
