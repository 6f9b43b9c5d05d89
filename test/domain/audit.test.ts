// The audit log is a hash chain: a byte changed anywhere, an entry taken out, put elsewhere or written anew is found at
// the first broken link.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AuditFact,
  type AuditHead,
  type BrokenLink,
  checkEntry,
  checkHead,
  isBroken,
  NO_ENTRY,
  nextEntry,
  type StoredEntry,
} from '../../domain/audit.ts'
import { canonicalJson } from '../../domain/canonical.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const fact = fc.record<AuditFact>({
  what: fc.constantFrom('report.submit', 'report.return', 'registry.rewritePast'),
  about: fc.string(),
  who: fc.string({ unit: 'binary' }),
  atMs: fc.integer({ min: 0, max: 4e12 }),
  detail: fc.jsonValue(),
})

interface Chain {
  entries: StoredEntry[]
  head: AuditHead
}
function chainOf(facts: readonly AuditFact[]): Chain {
  let head = NO_ENTRY
  const entries = facts.map((one) => {
    const next = nextEntry(head, one, sha256)
    head = next.head
    return { place: head.number, text: next.text }
  })
  return { entries, head }
}

function firstBroken({ entries, head: stored }: Chain): BrokenLink | undefined {
  let head = NO_ENTRY
  for (const entry of entries) {
    const next = checkEntry(head, entry, sha256)
    if (isBroken(next)) return next
    head = next
  }
  return checkHead(head, stored)
}

const entry = (n: number): AuditFact => ({
  what: 'report.build',
  about: '130102/2026-10',
  who: `王${n}`,
  atMs: n,
  detail: { n, note: '', share: 0.1 + 0.2 },
})
const chain = chainOf([1, 2, 3, 4, 5].map(entry))

test('a chain that nobody touched holds, an empty one too', () => {
  fc.assert(fc.property(fc.array(fact, { maxLength: 6 }), (facts) => firstBroken(chainOf(facts)) === undefined))
})

test('every byte of every stored entry counts', () => {
  for (const { place, text = '' } of chain.entries) {
    for (let at = 0; at < Buffer.byteLength(text); at++) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const bytes = Buffer.from(text)
        bytes[at] = (bytes[at] ?? 0) ^ flip
        const entries = chain.entries.with(place - 1, { place, text: bytes.toString() })
        expect(firstBroken({ ...chain, entries })).toMatchObject({ number: place, what: 'altered' })
      }
    }
  }
})

test('any byte put in the place of any other is found, whatever the entries say', () => {
  const changed = fc
    .tuple(fc.array(fact, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([facts, which, where, by]) => {
      const made = chainOf(facts)
      const { place, text = '' } = made.entries[which % made.entries.length] as StoredEntry
      const bytes = Buffer.from(text)
      const at = where % bytes.length
      bytes[at] = ((bytes[at] ?? 0) + by) % 256
      return { place, chain: { ...made, entries: made.entries.with(place - 1, { place, text: bytes.toString() }) } }
    })
  fc.assert(
    fc.property(changed, ({ place, chain }) => {
      expect(firstBroken(chain)).toMatchObject({ number: place, what: 'altered' })
    }),
    { numRuns: 1000 },
  )
})

describe('a chain is broken where', () => {
  const text = (n: number): string => chain.entries[n - 1]?.text ?? ''
  const cases: [name: string, entries: StoredEntry[], broken: Partial<BrokenLink>][] = [
    ['an entry is missing', chain.entries.toSpliced(2, 1), { number: 3, what: 'missing' }],
    ['the last entry is missing', chain.entries.slice(0, 4), { number: 5, what: 'missing' }],
    ['all are missing', [], { number: 1, what: 'missing' }],
    [
      'two changed places',
      chain.entries.with(1, { place: 2, text: text(3) }).with(2, { place: 3, text: text(2) }),
      { number: 2, what: 'outOfOrder' },
    ],
    [
      'one stands twice',
      [...chain.entries.slice(0, 3), { place: 3, text: text(3) }, ...chain.entries.slice(3)],
      { number: 4, what: 'outOfOrder' },
    ],
    ['one cannot be read', chain.entries.with(1, { place: 2, text: undefined }), { number: 2, what: 'altered' }],
    [
      'one is stored under no number',
      chain.entries.with(4, { place: Number.NaN, text: text(5) }),
      { number: 5, what: 'outOfOrder' },
    ],
  ]
  test.each(cases)('%s', (_name, entries, broken) => {
    expect(firstBroken({ ...chain, entries })).toMatchObject(broken)
  })

  test('one was written anew with a hash of its own', () => {
    const forged = nextEntry({ number: 1, hash: sha256('') }, { ...entry(2), who: '李' }, sha256)
    const behind = nextEntry(
      { number: 1, hash: (JSON.parse(text(1)) as { hash: string }).hash },
      { ...entry(2), who: '李' },
      sha256,
    )
    const withText = (forgedText: string) => chain.entries.with(1, { place: 2, text: forgedText })
    expect(firstBroken({ ...chain, entries: withText(forged.text) })).toMatchObject({ number: 2, what: 'altered' })
    // It fits the entry before it; the one after it does not fit any more.
    expect(firstBroken({ ...chain, entries: withText(behind.text) })).toMatchObject({ number: 3, what: 'altered' })
  })

  test('the latest entry is not the one that is recorded', () => {
    expect(firstBroken({ ...chain, head: { ...chain.head, hash: sha256('') } })).toMatchObject({
      number: 5,
      what: 'altered',
    })
    expect(firstBroken({ ...chain, head: { ...chain.head, number: 4 } })).toMatchObject({ number: 5, what: 'altered' })
  })
})

test('canonical JSON has one text for equal values and none for what JSON cannot say', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'é\u001f' }], a: undefined, '': -0 })).toBe(
    '{"":0,"b":[1,{"c":"é\\u001f","d":null}]}',
  )
  expect(() => canonicalJson({ a: Number.NaN })).toThrow('NaN has no JSON text')
})
