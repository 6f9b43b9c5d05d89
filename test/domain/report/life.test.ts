// The way of a report: which office may take which step from which state, what a step must bring, and what is kept.

import { describe, expect, test } from 'vitest'
import {
  advanceReport,
  hasSubmitted,
  latest,
  officesOf,
  REPORT_STATES,
  REPORT_STEPS,
  type ReportBuild,
  type ReportPath,
  type ReportRecord,
  type ReportState,
  type ReportStep,
  refusalOf,
  type StepGiven,
  stepsOf,
  TASK_STATES,
  taskStateOf,
} from '../../../domain/report/life.ts'

const PATH: ReportPath = ['A', '130102', '130100', '130000']
const build = (digest: string): ReportBuild => ({ asOfMs: 0, digest, monthsDigest: digest, folder: 'f', files: [] })
const given = (step: ReportStep, digest = 'd'): StepGiven => {
  if (step === 'build' || step === 'revise') return { step, build: build(digest) }
  return step === 'check' ? { step, checked: { errors: 0, warnings: 1 } } : { step }
}
const office = (step: ReportStep): string => officesOf(step, PATH)[0] ?? ''
const said = (step: ReportStep, atMs = 1) => ({ step, who: '王', office: office(step), remarks: 'why', atMs })
const walk = (...steps: ReportStep[]): ReportRecord | undefined =>
  steps.reduce<ReportRecord | undefined>(
    (report, step, n) => advanceReport(report, said(step, n), given(step), { month: '2026-10', path: PATH }),
    undefined,
  )

const WAYS: Record<ReportState, ReportStep[]> = {
  draft: ['build'],
  checked: ['build', 'check'],
  submitted: ['build', 'check', 'submit'],
  returned: ['build', 'check', 'submit', 'return'],
  accepted: ['build', 'check', 'submit', 'accept'],
  locked: ['build', 'check', 'submit', 'accept', 'lock'],
}

test.each<[ReportState | 'none', own: ReportStep[], above: ReportStep[]]>([
  ['none', ['build'], []],
  ['draft', ['build', 'check'], []],
  ['checked', ['build', 'submit'], []],
  ['submitted', [], ['return', 'accept']],
  ['returned', ['build'], []],
  ['accepted', [], ['return', 'lock']],
  ['locked', ['revise'], ['revise']],
])('%s: the own office may %j, the one above %j, nobody else anything', (state, own, above) => {
  const report = state === 'none' ? undefined : walk(...WAYS[state])
  expect(stepsOf(report, 'A', PATH)).toEqual(own)
  expect(stepsOf(report, '130102', PATH)).toEqual(above)
  for (const other of ['130100', '130000', 'B', '']) expect(stepsOf(report, other, PATH)).toEqual([])
})

test('every step leads to the state of its name, and is refused from all others, naming who was first', () => {
  for (const state of REPORT_STATES) {
    const report = walk(...WAYS[state])
    expect(report && latest(report).state).toBe(state)
    for (const step of REPORT_STEPS.filter((one) => !stepsOf(report, office(one), PATH).includes(one)))
      expect(refusalOf(report, said(step), PATH)).toMatchObject({ code: 'state', state, last: { who: '王' } })
  }
})

test.each<[ReportState, number]>([
  ['draft', 8],
  ['checked', 8],
  ['submitted', 1],
  ['returned', -9],
  ['accepted', 7],
  ['locked', 7],
])('%s is the state %i of the national platform', (state, code) => {
  expect(TASK_STATES[taskStateOf(walk(...WAYS[state]))].code).toBe(code)
  expect(TASK_STATES[taskStateOf(undefined)].code).toBe(9)
})

describe('a step', () => {
  test('of another office is refused with the office that may take it', () => {
    const taken = { ...said('accept'), office: 'A' }
    expect(refusalOf(walk(...WAYS.submitted), taken, PATH)).toEqual({ code: 'office', offices: ['130102'] })
  })

  test.each(['return', 'revise'] as const)('%s must say why', (step) => {
    const from = walk(...WAYS[step === 'return' ? 'submitted' : 'locked'])
    expect(refusalOf(from, { ...said(step), remarks: '  ' }, PATH)).toEqual({ code: 'remarks' })
    expect(refusalOf(from, said(step), PATH)).toBeUndefined()
  })

  test('keeps who, for which office, when and why', () => {
    const report = walk('build', 'check', 'submit', 'return')
    expect(report && latest(report).history.map((one) => [one.step, one.state, one.office, one.atMs])).toEqual([
      ['build', 'draft', 'A', 0],
      ['check', 'checked', 'A', 1],
      ['submit', 'submitted', 'A', 2],
      ['return', 'returned', '130102', 3],
    ])
    expect(report && latest(report).history.at(-1)).toMatchObject({ who: '王', remarks: 'why', digest: 'd' })
  })

  test('that is refused cannot be taken', () => {
    expect(() => advanceReport(undefined, said('lock'), given('lock'), { month: '2026-10', path: PATH })).toThrow(
      'refused: state',
    )
  })
})

test('a build after the check takes the check away', () => {
  const report = walk('build', 'check', 'submit', 'return', 'build')
  expect(report && latest(report)).toMatchObject({ state: 'draft', checked: null })
})

test('a revision goes its own way and leaves the locked one as it was', () => {
  const locked = walk(...WAYS.locked)
  const revised = advanceReport(locked, said('revise', 9), given('revise', 'e'), { month: '2026-10', path: PATH })
  expect(revised.revisions[0]).toBe(locked?.revisions[0])
  expect(latest(revised)).toMatchObject({ number: 2, state: 'draft', checked: null, build: { digest: 'e' } })
  expect(hasSubmitted(revised)).toBe(true)
  expect(hasSubmitted(walk('build', 'check', 'submit', 'return'))).toBe(false)
})

test('the highest area decides on its own report', () => {
  expect(officesOf('accept', ['130000'])).toEqual(['130000'])
})
