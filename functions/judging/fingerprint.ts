// Fingerprint of everything an institution's months depend on: its registration and the standards that convert its
// consumption. A changed part says why its months are judged again.

import { createHash } from 'node:crypto'
import type { Month } from '../../domain/calendar.ts'
import type { Tariff } from '../../domain/energy/tariff.ts'
import { type Cause, REGISTERED_PARTS, type Trail } from '../../domain/judge/revision-cause.ts'
import { areaPathOf } from '../../domain/registry/area.ts'
import { metersByInstitution } from '../../domain/registry/dated.ts'
import type { Area, Institution } from '../../domain/registry/records.ts'
import { NATIONAL } from '../../domain/standards/co2-factors.ts'
import { SHIPPED_TABLES, type StandardTables } from '../../domain/standards/tables.ts'
import { docKey } from '../platform.ts'
import type { Shard } from '../registry/reader.ts'
import { UNNAMED_VERSION, VERSION } from '../state/version.ts'
import type { County } from './county.ts'

/** Fingerprint of each institution of a shard when it was last judged (`judgedByOf`). */
export type AssessedMark = Record<string, string>
export const assessedKey = (shard: string) => docKey<AssessedMark>(`assessed/${shard}`)

/** 48 bits for each of an institution's six parts: one change in a billion may go unseen. */
const FINGERPRINT_CHARS = 8

/** Between the parts of a fingerprint and the version that judged. */
const VERSION_SIGN = '@'

type JudgedShard = Pick<Shard, 'institutions' | 'meters'> & Partial<Pick<County, 'parts' | 'metersOf'>>

/**
 * Fingerprint by institution and part of one: a short text that changes with any registered fact behind its months or
 * its row.
 */
export function judgedByOf(
  { institutions, meters, parts = [], metersOf = metersByInstitution(meters) }: JudgedShard,
  shard: string,
  {
    areas,
    tariffs = [],
    tables = SHIPPED_TABLES,
  }: {
    areas: readonly Area[]
    tariffs?: readonly Tariff[]
    tables?: Pick<StandardTables, 'coefficients' | 'co2Factors' | 'fuelFactors'>
  },
): ReadonlyMap<string, string> {
  const path = areaPathOf(shard, new Map(areas.map((area) => [area.code, area])))
  const area = areas.find(({ code }) => code === shard)
  const holds = ({ area = NATIONAL }: { area?: string | undefined }): boolean =>
    area === NATIONAL || path.includes(area)
  const { coefficients, co2Factors, fuelFactors } = tables
  const converted = fingerprintOf([coefficients.filter(holds), co2Factors.filter(holds), fuelFactors.filter(holds)])
  const rows = path.flatMap((code) => areas.find((one) => one.code === code)?.rows ?? [])
  const placed = fingerprintOf([path, area?.name, ...(rows.length > 0 ? [rows] : [])])
  return new Map(
    [...institutions, ...parts].map((institution) => {
      const own = (metersOf.get(institution.id) ?? []).map(
        ({ id, medium, role, purpose, parent, kind, formula, rows }) => [
          ...[id, medium, role, purpose, parent, kind, formula],
          ...(rows ? [rows] : []),
        ],
      )
      const priced = tariffs.filter(({ subject }) => subject === institution.id || path.includes(subject))
      const parts: Record<JudgedPart, string> = {
        ...ownFingerprints(institution),
        meters: fingerprintOf(own),
        area: placed,
        tariffs: priced.length === 0 ? '' : fingerprintOf(priced),
        standards: converted,
      }
      return [institution.id, `${JUDGED_PARTS.map((part) => parts[part]).join('.')}${VERSION_SIGN}${VERSION}`]
    }),
  )
}

const fingerprints = new WeakMap<Institution, { institution: string; sizes: string }>()
/** Fingerprints of an institution's own record, computed once for as long as the registry caches it. */
function ownFingerprints(record: Institution): { institution: string; sizes: string } {
  const { sizes, ...described } = record
  const known = fingerprints.get(record) ?? { institution: fingerprintOf(described), sizes: fingerprintOf(sizes) }
  fingerprints.set(record, known)
  return known
}

/** The parts of a fingerprint, told apart so that a revision can name the one that changed. */
const JUDGED_PARTS = [...REGISTERED_PARTS, 'standards'] as const
type JudgedPart = (typeof JUDGED_PARTS)[number]

/**
 * Causes for marking institutions' months: an institution joined or left, another version judged it, or parts of its
 * fingerprint changed. What another version judged is compared with nothing else: its tables and its form of the parts
 * were others.
 */
export function rejudgedTrail(
  months: ReadonlyMap<string, Month[]>,
  { judgedBy, before }: { judgedBy: ReadonlyMap<string, string>; before: AssessedMark },
): Trail {
  const stood = new Map(Object.entries(before))
  return Object.fromEntries(
    [...months].map(([institution, own]) => {
      const [old, now] = [partsOf(stood.get(institution)), partsOf(judgedBy.get(institution))]
      const causes: Cause[] = []
      if (!old || !now) causes.push({ kind: 'institution', institution, change: now ? 'joined' : 'left' })
      else if (old.version !== now.version) causes.push({ kind: 'upgrade', from: old.version, to: now.version })
      else {
        const changed = JUDGED_PARTS.filter((_, index) => old.parts[index] !== now.parts[index])
        const parts = REGISTERED_PARTS.filter((part) => changed.includes(part))
        if (parts.length > 0) causes.push({ kind: 'registry', parts })
        if (changed.includes('standards')) causes.push({ kind: 'standards' })
      }
      return [institution, causes.map((cause) => ({ cause, months: own }))]
    }),
  )
}

function partsOf(fingerprint: string | undefined) {
  if (fingerprint === undefined) return undefined
  const [parts = '', version = UNNAMED_VERSION] = fingerprint.split(VERSION_SIGN)
  return { parts: parts.split('.'), version }
}

/** Whether this version has judged all institutions of a shard. */
export const isJudgedHere = (assessed: AssessedMark): boolean =>
  Object.values(assessed).every((fingerprint) => partsOf(fingerprint)?.version === VERSION)

const fingerprintOf = (facts: unknown): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('base64url').slice(0, FINGERPRINT_CHARS)

/** Institutions whose fingerprint changed, that are new to the shard, or that have left it. */
export function institutionsToRejudge(
  judgedBy: ReadonlyMap<string, string>,
  assessed: AssessedMark | undefined,
): string[] {
  const before = new Map(Object.entries(assessed ?? {}))
  const changed = [...judgedBy].filter(([id, text]) => before.get(id) !== text).map(([id]) => id)
  return [...changed, ...[...before.keys()].filter((id) => !judgedBy.has(id))]
}
