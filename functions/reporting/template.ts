// Fills an XLSX template of the user: values go into named cells, or into the cells of a mapping, and the rest of it
// stays (docs/rules/report.md#templates). Computes only; the caller reads and writes the files.

import type { XmlElement } from '@cj-tech-master/excelts/xml'
import { parse } from 'csv-parse/sync'
import type { ReportDocument } from '../../domain/report/document.ts'
import { periodsOfReport } from '../../domain/report/forms/edition.ts'
import { templateCells } from '../../domain/report/forms/tables.ts'
import {
  childNamed,
  childrenNamed,
  elementLike,
  localName,
  openTemplate,
  type TemplateArchive,
  TemplateProblem,
} from './template-archive.ts'
import { type CellValue, type CellWrite, cellPlaceOf, forgetResults, writeCells } from './template-sheet.ts'

/** Names of values, such as `NY201_110`, and the cells that they go to, such as `Sheet1!C5`. */
export type TemplateMapping = ReadonlyMap<string, string>

export interface FilledTemplate {
  bytes: Uint8Array
  /** Names of the template or mapping that no value has; their cells are left as they are. */
  unknown: string[]
}

/** Names of a workbook that are meant for us. */
const OWN_NAME = /^NY\d{3}_/i

/**
 * `mapping` null: by the names of the workbook. `values` by name; a null clears its cell. Throws TemplateProblem when
 * the template or the mapping cannot be used, and writes into nothing then.
 */
export async function fillXlsxTemplate(
  bytes: Uint8Array,
  mapping: TemplateMapping | null,
  values: ReadonlyMap<string, CellValue>,
): Promise<FilledTemplate> {
  const archive = await openTemplate(bytes)
  const book = readBook(archive)
  const targets = [...(mapping ?? namedCells(book))].map(([name, reference]) => ({
    name,
    ...targetOf(name, reference),
  }))
  if (targets.length === 0)
    throw new TemplateProblem(
      'noNames',
      'the template has no named cells such as NY201_110; name its cells, or give a mapping',
    )
  const byName = new Map([...values].map(([name, value]) => [name.toUpperCase(), value]))
  const writesOf = new Map<string, CellWrite[]>()
  const unknown: string[] = []
  for (const { name, sheet, place } of targets) {
    const path = book.sheets.get(sheet.toUpperCase())?.path
    if (path === undefined)
      throw new TemplateProblem('noSheet', `${name} points to the sheet "${sheet}", which the template lacks`)
    const value = byName.get(name.toUpperCase())
    if (value === undefined) unknown.push(name)
    else writesOf.set(path, [...(writesOf.get(path) ?? []), { place, value, name }])
  }
  writeSheets(archive, book, writesOf)
  return { bytes: await archive.bytes(), unknown }
}

function writeSheets(archive: TemplateArchive, book: Workbook, writesOf: ReadonlyMap<string, CellWrite[]>): void {
  for (const { name, path } of book.sheets.values()) {
    const document = archive.xml(path)
    const writes = writesOf.get(path)
    if (writes) writeCells(document, writes, name)
    if (forgetResults(document) || writes) archive.set(path, document)
  }
  computeOnLoad(book.root)
  archive.set(book.path, book.document)
}

/**
 * Fills a template with the forms of a report in one of its periods, the longest when none is named. Throws
 * TemplateProblem, also for a period that the report has no forms of.
 */
export async function filledTemplate(
  document: ReportDocument,
  given: { template: Uint8Array; mapping?: string | undefined; period?: string | undefined },
): Promise<FilledTemplate> {
  const periods = periodsOfReport(document.month).map(({ id }) => id)
  const period = given.period ?? periods.at(-1) ?? document.month
  const values = templateCells(document, period)
  if (values.size === 0)
    throw new TemplateProblem('period', `the report has no forms of ${period}; it has those of ${periods.join(', ')}`)
  return fillXlsxTemplate(given.template, given.mapping === undefined ? null : parseMapping(given.mapping), values)
}

interface Workbook {
  path: string
  document: ReturnType<TemplateArchive['xml']>
  root: XmlElement
  /** Worksheets by their name in upper case, as names are compared; chart sheets are left out. */
  sheets: Map<string, { name: string; path: string }>
}

const RELATIONS = (path: string): string => path.replace(/([^/]*)$/, '_rels/$1.rels')

function readBook(archive: TemplateArchive): Workbook {
  const path = relatedPart(archive, '', ({ Type }) => /\/officeDocument$/.test(Type ?? ''))
  if (path === undefined) throw new TemplateProblem('notXlsx', 'the template is no XLSX file: it names no workbook')
  const document = archive.xml(path)
  const { root } = document
  if (localName(root) !== 'workbook')
    throw new TemplateProblem('notXlsx', `the template is no XLSX file: ${path} is a ${localName(root)}`)
  const sheets: Workbook['sheets'] = new Map()
  for (const sheet of childrenNamed(childNamed(root, 'sheets') ?? root, 'sheet')) {
    const { name = '' } = sheet.attributes
    const id = Object.entries(sheet.attributes).find(([key]) => /:id$/.test(key))?.[1]
    const part = relatedPart(archive, path, ({ Id, Type }) => Id === id && /\/worksheet$/.test(Type ?? ''))
    if (part !== undefined && archive.has(part)) sheets.set(name.toUpperCase(), { name, path: part })
  }
  return { path, document, root, sheets }
}

function relatedPart(
  archive: TemplateArchive,
  from: string,
  chosen: (attributes: Partial<Record<string, string>>) => boolean,
): string | undefined {
  const { root } = archive.xml(RELATIONS(from))
  const target = childrenNamed(root, 'Relationship').find(({ attributes }) => chosen(attributes))?.attributes.Target
  if (target === undefined) return undefined
  const folder = from.includes('/') ? from.slice(0, from.lastIndexOf('/') + 1) : ''
  // A part's address is that of a file of its own host.
  const address = URL.parse(target, `file:///${folder}`)
  return address === null ? undefined : address.pathname.slice(1)
}

function namedCells({ root }: Workbook): Map<string, string> {
  const names = childrenNamed(root, 'definedNames').flatMap((all) => childrenNamed(all, 'definedName'))
  return new Map(
    names.flatMap((name): [string, string][] => {
      const own = name.attributes.name ?? ''
      const text = name.children.map((node) => (node.type === 'text' ? node.value : '')).join('')
      return OWN_NAME.test(own) ? [[own, text]] : []
    }),
  )
}

const TARGET = /^(?:'((?:[^']|'')+)'|([^'!]+))!([^!:]+)(?::[^!:]+)?$/

/** The sheet and cell of `Sheet1!$C$5`, `'表 1'!C5` or a range, whose first cell counts. */
function targetOf(name: string, reference: string) {
  const [, quoted, plain, cell] = TARGET.exec(reference.trim()) ?? []
  const place = cell === undefined ? undefined : cellPlaceOf(cell)
  const sheet = quoted?.replaceAll("''", "'") ?? plain
  if (sheet === undefined || place === undefined)
    throw new TemplateProblem('noCell', `${name} points to "${reference}", which is no cell such as Sheet1!C5`)
  return { sheet, place }
}

/** Elements of a workbook that stand before the settings of computing. */
const BEFORE_CALCULATION = /^(?:sheets|functionGroups|externalReferences|definedNames)$/

/** A spreadsheet program computes all formulas when it opens the file. */
function computeOnLoad(root: XmlElement): void {
  const settings = childNamed(root, 'calcPr')
  if (settings) settings.attributes.fullCalcOnLoad = '1'
  else {
    const before = root.children.findLastIndex(
      (node) => node.type === 'element' && BEFORE_CALCULATION.test(localName(node)),
    )
    root.children.splice(before + 1, 0, elementLike(root, 'calcPr', { fullCalcOnLoad: '1' }))
  }
}

/** More cells than any form has. */
const MAPPING_ROWS_MAX = 5000
const HEADER = /^(?:code|name|编码|代码|名称)$/i

/**
 * Reads a mapping file: JSON (`{"NY201_110": "Sheet1!C5"}`) or CSV (a name and a cell in each line; a header is
 * skipped). Throws TemplateProblem that names the line.
 */
export function parseMapping(text: string): TemplateMapping {
  const clean = text.replace(/^\uFEFF/, '')
  const rows = /^\s*\{/.test(clean) ? jsonRows(clean) : csvRows(clean)
  if (rows.length === 0) throw new TemplateProblem('mapping', 'the mapping has no rows')
  if (rows.length > MAPPING_ROWS_MAX)
    throw new TemplateProblem('mapping', `the mapping has ${rows.length} rows; ${MAPPING_ROWS_MAX} at most`)
  const mapping = new Map<string, string>()
  for (const [index, [name, cell]] of rows.entries()) {
    if (!name || !cell)
      throw new TemplateProblem('mapping', `row ${index + 1} of the mapping needs a name and a cell, such as Sheet1!C5`)
    if (mapping.has(name)) throw new TemplateProblem('mapping', `${name} stands twice in the mapping`)
    targetOf(name, cell)
    mapping.set(name, cell)
  }
  return mapping
}

type MappingRow = [name: string | undefined, cell: string | undefined]

function jsonRows(text: string): MappingRow[] {
  try {
    const value: unknown = JSON.parse(text)
    return Object.entries(value ?? {}).map(([name, cell]) => [name.trim(), typeof cell === 'string' ? cell : undefined])
  } catch (cause) {
    throw new TemplateProblem('mapping', `the mapping is no JSON: ${cause instanceof Error ? cause.message : cause}`)
  }
}

function csvRows(text: string): MappingRow[] {
  try {
    const rows: string[][] = parse(text, { relax_column_count: true, skip_empty_lines: true, trim: true })
    return rows.filter(([name], index) => index > 0 || !HEADER.test(name ?? '')).map(([name, cell]) => [name, cell])
  } catch (cause) {
    throw new TemplateProblem('mapping', `the mapping is no CSV: ${cause instanceof Error ? cause.message : cause}`)
  }
}
