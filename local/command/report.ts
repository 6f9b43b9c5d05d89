// `kilowatch report`: makes the monthly report of an area or institution as a folder of files. Reads the state of a
// data folder, also beside a running host. Writes into a folder of its own beside the target and renames it, so that
// no half-written package is ever seen.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { AuditHead } from '../../domain/audit.ts'
import { addMonths, type Month, monthOf } from '../../domain/calendar.ts'
import type { ReportDocument } from '../../domain/report/document.ts'
import type { StateStore } from '../../functions/platform.ts'
import { reportDocument } from '../../functions/reporting/document.ts'
import {
  filed,
  type ManifestFile,
  manifestOf,
  type ReportFile,
  reportFiles,
} from '../../functions/reporting/package.ts'
import type { ReportQuestion } from '../../functions/reporting/question.ts'
import { partsInTurn } from '../../functions/reporting/shard-part.ts'
import { documentDigest } from '../../functions/reporting/store.ts'
import { filledTemplate } from '../../functions/reporting/template.ts'
import { TemplateProblem } from '../../functions/reporting/template-archive.ts'
import { appendAudit } from '../../functions/state/audit.ts'
import { partsInHelpers } from '../report-helpers.ts'
import { openReportStores } from '../report-stores.ts'

interface ReportOptions {
  month?: string
  area?: string
  institution?: string
  out: string
  data: string
  json?: boolean
  pdf?: boolean
  template?: string
  mapping?: string
  period?: string
  who?: string
}

const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const PDF_MS_MAX = 120_000

export async function makeReport(options: ReportOptions): Promise<void> {
  const { data, json } = options
  if (!existsSync(join(data, 'state.sqlite'))) throw new Error(`there is no data folder "${data}"`)
  const out = resolve(options.out)
  if (existsSync(out)) throw new Error(`"${options.out}" is there already; say another folder with --out`)
  const nowMs = Date.now()
  const stores = openReportStores(join(data, 'state.sqlite'))
  const { db, state } = stores
  try {
    const head = await stores.registry.refresh()
    const question = questionOf(options, { root: head.rootArea, nowMs })
    const sources = { ...stores, head, nowMs }
    const parts = partsInHelpers(join(data, 'state.sqlite'), partsInTurn(sources))
    const document = await reportDocument(question, { ...sources, parts })
    const files = [...reportFiles(document), ...(await filledFile(document, options))]
    const manifest = await writePackage(out, files, {
      pdf: options.pdf === true,
      manifestFor: async (all) => ({
        ...manifestOf(document, all, nowMs),
        audit: await logged({ state, nowMs }, { document, files: all, options }),
      }),
    })
    if (json) process.stdout.write(`${JSON.stringify({ out, ...manifest })}\n`)
    else process.stdout.write(`${document.headline.zh}\n${manifest.files.length + 1} files in "${out}"\n`)
  } finally {
    db.close()
  }
}

function questionOf(
  { month, area, institution }: ReportOptions,
  { root, nowMs }: { root: string | null; nowMs: number },
): ReportQuestion {
  if (area !== undefined && institution !== undefined) throw new Error('say --area or --institution, not both')
  const asked = month ?? addMonths(monthOf(nowMs), -1)
  if (!/^[12]\d{3}-(0[1-9]|1[0-2])$/.test(asked)) throw new Error(`--month ${asked}: a month is written YYYY-MM`)
  const subject =
    institution === undefined
      ? { type: 'area' as const, id: area ?? root }
      : { type: 'institution' as const, id: institution }
  if (subject.id === null) throw new Error('no area is registered; import a registry first')
  return { ...subject, id: subject.id, month: asked as Month }
}

type WrittenFile = Pick<ReportFile, 'name' | 'pieces'>

/** The user's template with the values of the forms; none without --template. */
async function filledFile(
  document: ReportDocument,
  { template, mapping, period }: ReportOptions,
): Promise<WrittenFile[]> {
  if (template === undefined) {
    if (mapping !== undefined || period !== undefined) throw new Error('--mapping and --period need a --template')
    return []
  }
  const given = {
    template: await readFile(template),
    mapping: mapping === undefined ? undefined : await readFile(mapping, 'utf8'),
    period,
  }
  const { bytes, unknown } = await filledTemplate(document, given).catch((error: unknown) => {
    throw error instanceof TemplateProblem ? new Error(`${template}: ${error.message}`) : error
  })
  if (unknown.length > 0) process.stderr.write(`kilowatch: the report has no value for ${unknown.join(', ')}\n`)
  return [{ name: `forms/${basename(template)}`, pieces: () => [bytes] }]
}

/** Appends what was made to the audit log, with the SHA-256 of each file; the manifest has the hash of that entry. */
function logged(
  { state, nowMs }: { state: StateStore; nowMs: number },
  { document, files, options }: { document: ReportDocument; files: readonly ManifestFile[]; options: ReportOptions },
): Promise<AuditHead> {
  const { subject, month } = document
  const detail = { digest: documentDigest(document), files: files.map(({ name, sha256 }) => ({ name, sha256 })) }
  const who = options.who ?? userInfo().username
  return appendAudit(state, { what: 'report.export', about: `${subject.id}/${month}`, who, atMs: nowMs, detail })
}

/** Writes all files aside, the manifest last, and renames the folder. */
async function writePackage<Manifest>(
  out: string,
  files: readonly WrittenFile[],
  { pdf, manifestFor }: { pdf: boolean; manifestFor: (files: readonly ManifestFile[]) => Promise<Manifest> },
): Promise<Manifest> {
  await mkdir(dirname(out), { recursive: true })
  const aside = await mkdtemp(join(dirname(out), `.${basename(out)}-`))
  try {
    const written: ManifestFile[] = []
    for (const file of files) written.push(await writePieces(aside, file))
    if (pdf) {
      const bytes = await printPdf(aside)
      written.push(await filed({ name: 'report.pdf', pieces: () => [bytes] }))
    }
    const manifest = await manifestFor(written)
    await writeFile(join(aside, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    await chmod(aside, 0o755)
    await rename(aside, out)
    return manifest
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    throw error
  }
}

/** Piece by piece, so that a province's workbook is never held whole. */
async function writePieces(folder: string, file: WrittenFile): Promise<ManifestFile> {
  const path = join(folder, file.name)
  await mkdir(dirname(path), { recursive: true })
  const handle = await open(path, 'w')
  try {
    return await filed(file, async (piece) => void (await handle.write(piece)))
  } finally {
    await handle.close()
  }
}

/** Prints the document with the Chromium at hand. Throws an Error that says so when there is none. */
async function printPdf(folder: string): Promise<Uint8Array> {
  const chromium = CHROMIUMS.find((path) => existsSync(path))
  if (!chromium) throw new Error(`--pdf needs Chromium at one of ${CHROMIUMS.join(', ')}`)
  const profile = await mkdtemp(join(folder, '.chromium-'))
  const [page, pdf] = [pathToFileURL(join(folder, 'report.html')).href, join(folder, 'report.pdf')]
  const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']
  const print = [`--user-data-dir=${profile}`, '--no-pdf-header-footer', `--print-to-pdf=${pdf}`, page]
  try {
    await promisify(execFile)(chromium, [...quiet, ...print], { timeout: PDF_MS_MAX })
    return await readFile(pdf)
  } finally {
    await rm(profile, { recursive: true, force: true })
  }
}
