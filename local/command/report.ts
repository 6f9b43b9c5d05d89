// `kilowatch report`: makes the monthly report of an area or institution as a folder of files. Reads the state of a
// data folder, also beside a running host. Writes into a folder of its own beside the target and renames it, so that
// no half-written package is ever seen.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { addMonths, type Month, monthOf } from '../../domain/calendar.ts'
import { registryReader } from '../../functions/registry/reader.ts'
import { reportDocument } from '../../functions/reporting/document.ts'
import { manifestOf, type ReportFile, reportFiles } from '../../functions/reporting/package.ts'
import type { ReportQuestion } from '../../functions/reporting/question.ts'
import { auditHead } from '../../functions/state/audit.ts'
import { openDatabase } from '../sqlite.ts'
import { openStateStore } from '../state-store.ts'

interface ReportOptions {
  month?: string
  area?: string
  institution?: string
  out: string
  data: string
  json?: boolean
  pdf?: boolean
}

const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const PDF_MS_MAX = 120_000

export async function makeReport(options: ReportOptions): Promise<void> {
  const { data, json } = options
  if (!existsSync(join(data, 'state.sqlite'))) throw new Error(`there is no data folder "${data}"`)
  const out = resolve(options.out)
  if (existsSync(out)) throw new Error(`"${options.out}" is there already; say another folder with --out`)
  const nowMs = Date.now()
  const db = openDatabase(join(data, 'state.sqlite'))
  try {
    const state = openStateStore(db)
    const registry = registryReader(state)
    const head = await registry.refresh()
    const question = questionOf(options, { root: head.rootArea, nowMs })
    const document = await reportDocument(question, { state, registry, head, nowMs })
    const files = reportFiles(document)
    const manifest = { ...(await manifestOf(document, files, nowMs)), audit: await auditHead(state) }
    const folder = await writePackage(out, [...files, jsonFile('manifest.json', manifest)])
    if (options.pdf) await printPdf(folder)
    if (json) process.stdout.write(`${JSON.stringify({ out, ...manifest })}\n`)
    else process.stdout.write(`${document.headline.zh}\n${files.length + 1} files in "${out}"\n`)
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

const jsonFile = (name: string, value: unknown): Pick<ReportFile, 'name' | 'bytes'> => ({
  name,
  bytes: new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`),
})

async function writePackage(out: string, files: readonly Pick<ReportFile, 'name' | 'bytes'>[]): Promise<string> {
  await mkdir(dirname(out), { recursive: true })
  const aside = await mkdtemp(join(dirname(out), `.${basename(out)}-`))
  try {
    for (const { name, bytes } of files) {
      await mkdir(dirname(join(aside, name)), { recursive: true })
      await writeFile(join(aside, name), bytes)
    }
    await chmod(aside, 0o755)
    await rename(aside, out)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    throw error
  }
  return out
}

/** Prints the document with the Chromium at hand. Throws an Error that says so when there is none. */
async function printPdf(folder: string): Promise<void> {
  const chromium = CHROMIUMS.find((path) => existsSync(path))
  if (!chromium) throw new Error(`--pdf needs Chromium at one of ${CHROMIUMS.join(', ')}; the other files are there`)
  const profile = await mkdtemp(join(folder, '.chromium-'))
  try {
    const page = pathToFileURL(join(folder, 'report.html')).href
    await promisify(execFile)(
      chromium,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
        ...[
          `--user-data-dir=${profile}`,
          '--no-pdf-header-footer',
          `--print-to-pdf=${join(folder, 'report.pdf')}`,
          page,
        ],
      ],
      { timeout: PDF_MS_MAX },
    )
    await readFile(join(folder, 'report.pdf'))
  } finally {
    await rm(profile, { recursive: true, force: true })
  }
}
