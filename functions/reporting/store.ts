// Stores reports: the record under its subject and month, and the document and files of each build in a folder of the
// object store. A folder is never written twice, so the files of a locked report stay what they were.

import { randomUUID } from 'node:crypto'
import type { Month } from '../../domain/calendar.ts'
import { canonicalJson } from '../../domain/canonical.ts'
import { contentOf } from '../../domain/report/differences.ts'
import { type ReportDocument, reportDocumentSchema } from '../../domain/report/document.ts'
import type { FiledFile, ReportBuild, ReportRecord } from '../../domain/report/life.ts'
import { subjectMonths } from '../judging/judgement.ts'
import { docKey, type ObjectStore, type StateStore } from '../platform.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { sha256 } from '../state/audit.ts'
import { formKeys } from './form-store.ts'

export interface BuiltReport {
  document: ReportDocument
  /** Written from the document alone; names are unique. `bytes` is called once, so that one file is held at a time. */
  files: readonly { name: string; bytes(): Uint8Array }[]
}

/** Without a month: the prefix of all reports of a subject. */
export const reportKey = (subject: string, month: Month | '' = '') => docKey<ReportRecord>(`report/${subject}/${month}`)

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  pdf: 'application/pdf',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}
export const contentTypeOf = (name: string): string =>
  CONTENT_TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'

const documentKey = (folder: string): string => `${folder}/document`
const fileKey = (folder: string, name: string): string => `${folder}/files/${name}`

export const documentDigest = (document: ReportDocument): string => sha256(contentOf(document))

/**
 * SHA-256 of what stands behind a report: the months of the subject that its judgement looks at, its targets, and what
 * people filled into its forms. A field that is null and one that is absent are the same: which of them is stored
 * depends on the other months.
 */
export async function monthsDigestOf(
  { state, registry }: { state: StateStore; registry: Pick<RegistryReader, 'targets'> },
  subject: string,
  month: Month,
): Promise<string> {
  const months = (await subjectMonths(state, subject, month))
    .filter((one) => one.month <= month)
    .map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== null)))
  const forms = await state.getMany<unknown>([formKeys.entries(subject), formKeys.justifications(subject)])
  const entered = forms.map(({ value }) => value)
  const targets = await registry.targets(subject)
  return sha256(canonicalJson({ months, targets, ...(entered.length > 0 && { entered }) }))
}

/** Writes the document and the files of a build; nothing names them until the record does. */
export async function storeBuild(
  objects: ObjectStore,
  { document, files }: BuiltReport,
  monthsDigest: string,
): Promise<ReportBuild> {
  const names = new Set(files.map(({ name }) => name))
  if (names.size < files.length) throw new RangeError('two files of a report have one name')
  const folder = `reports/${document.month}/${randomUUID()}`
  const json = new TextEncoder().encode(JSON.stringify(document))
  await objects.put(documentKey(folder), json, { contentType: 'application/json' })
  const filed: FiledFile[] = []
  for (const { name, bytes } of files) {
    const own = bytes()
    await objects.put(fileKey(folder, name), own, { contentType: contentTypeOf(name) })
    filed.push({ name, bytes: own.length, sha256: sha256(own) })
  }
  return {
    asOfMs: document.asOfMs,
    digest: documentDigest(document),
    monthsDigest,
    folder,
    files: filed,
  }
}

/** Deletes the files of a build that no record names. */
export async function dropBuild(objects: ObjectStore, { folder, files }: ReportBuild): Promise<void> {
  for (const { name } of files) await objects.delete(fileKey(folder, name))
  await objects.delete(documentKey(folder))
}

/** Throws when the stored document is gone or broken: a record names only builds that are stored whole. */
export async function documentOfBuild(objects: ObjectStore, { folder }: ReportBuild): Promise<ReportDocument> {
  const bytes = await objects.get(documentKey(folder))
  if (!bytes) throw new Error(`the document of the report in "${folder}" is gone`)
  return reportDocumentSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
}

/** A file of a build, as it was built. Throws when its bytes are gone or are no longer those of the record. */
export async function fileOfBuild(
  objects: ObjectStore,
  { folder, files }: ReportBuild,
  name: string,
): Promise<Uint8Array | undefined> {
  const file = files.find((one) => one.name === name)
  if (!file) return undefined
  const bytes = await objects.get(fileKey(folder, name))
  if (!bytes || sha256(bytes) !== file.sha256)
    throw new Error(`the file "${name}" in "${folder}" is not what was built`)
  return bytes
}
