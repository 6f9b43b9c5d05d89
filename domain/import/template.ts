// The files that are filled in to be imported: the columns of each kind with Chinese headers, an example row where one
// helps to begin, and the legal values of each column. As rows of text, and as the parts of a workbook.

import * as z from 'zod'
import { MAPPING_NAMES } from '../registry/mappings.ts'
import { COLUMNS, type Column } from './columns.ts'
import { RECORD_KINDS } from './kinds.ts'
import type { RegistryKind } from './registry.ts'
import { VALUE_WORDS } from './words.ts'

/** What an installer begins with; the example fits together: an area, an institution in it, its gateway, a meter. */
export const FIRST_KINDS = ['areas', 'institutions', 'gateways', 'meters'] as const satisfies readonly RegistryKind[]

const EXAMPLES: Partial<Readonly<Record<RegistryKind, Readonly<Record<string, string>>>>> = {
  areas: { code: '130000', name: '河北省', level: '省级' },
  institutions: {
    ...{ id: 'SCHOOL1', name: '示例学校', area: '130000', type: '教育' },
    ...{ validFrom: '2025-01-01', floorAreaM2: '12000', energyUsers: '800' },
  },
  gateways: { id: 'G-1', institution: 'SCHOOL1', name: '配电室网关' },
  meters: {
    ...{ id: 'SCHOOL1-E1', institution: 'SCHOOL1', gateway: 'G-1', name: '总电表', medium: '电' },
    ...{ unit: 'kWh', multiplier: '1', intervalMinutes: '15' },
  },
}
export const GUIDE_HEADER = ['文件 file', '列 column', '字段 field', '必填 required', '合法值 legal values']

const headerOf = ({ name, aliases }: Column): string => aliases[0] ?? name

/** The header, and an example row where there is one. */
export function templateRows(kind: RegistryKind): string[][] {
  const columns = COLUMNS[kind]
  const example = EXAMPLES[kind]
  const header = columns.map(headerOf)
  return example ? [header, columns.map(({ name }) => example[name] ?? '')] : [header]
}

export function guideRows(kind: RegistryKind): string[][] {
  return COLUMNS[kind].map((column) => [
    ...[`${kind}.csv`, headerOf(column), column.name],
    isRequired(kind, column.name) ? '是 yes' : '',
    legalValues(kind, column),
  ])
}

const isRequired = (kind: RegistryKind, name: string): boolean => {
  const field = RECORD_KINDS[kind].fields[name]
  return field !== undefined && !field.safeParse(undefined).success
}

const FORMS: Partial<Record<Column['type'], string>> = {
  number: '数字 number',
  flag: '是/否 yes/no',
  texts: '以分号分隔 separated by ;',
}

function legalValues(kind: RegistryKind, { name, type }: Column): string {
  if (kind === 'gateways' && name === 'mapping') return MAPPING_NAMES.join(' / ')
  const words = VALUE_WORDS.get(`${kind}.${name}`)
  const known = new Map([...(words ?? [])].map(([word, value]) => [value, word]))
  const options = enumOf(RECORD_KINDS[kind].fields[name])
  if (options.length > 0)
    return options.map((value) => (known.has(value) ? `${known.get(value)}=${value}` : value)).join(' / ')
  if (known.size > 0) return [...known].map(([value, word]) => `${word}=${value}`).join(' / ')
  if (/^valid(From|To)$|On$/.test(name)) return '日期 date YYYY-MM-DD'
  return FORMS[type] ?? ''
}

/** The values of a closed list, through what may be absent. */
function enumOf(field: z.ZodType | undefined): string[] {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault) return enumOf(field.unwrap() as z.ZodType)
  return field instanceof z.ZodEnum ? field.options.map(String) : []
}

const BOM = '\uFEFF'

/** With a byte order mark, without which Excel misreads Chinese in UTF-8. */
export const templateCsv = (rows: readonly string[][]): string =>
  BOM +
  rows
    .map(
      (row) => `${row.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\r\n`,
    )
    .join('')

const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** The parts of a workbook with one sheet of text: as text, 000123 and 2026/1/1 stay what they are. */
export function sheetParts(sheet: string, rows: readonly string[][]): Record<string, string> {
  const cells = (row: string[]): string =>
    row.map((text) => `<c t="inlineStr" s="1"><is><t xml:space="preserve">${xml(text)}</t></is></c>`).join('')
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const rels = 'http://schemas.openxmlformats.org/package/2006/relationships'
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const part = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  return {
    '[Content_Types].xml': `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${part}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${part}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${part}.styles+xml"/></Types>`,
    '_rels/.rels': `${head}<Relationships xmlns="${rels}"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${head}<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="${sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${head}<Relationships xmlns="${rels}"><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': `${head}<styleSheet xmlns="${main}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    'xl/worksheets/sheet1.xml': `${head}<worksheet xmlns="${main}"><sheetData>${rows.map((row) => `<row>${cells(row)}</row>`).join('')}</sheetData></worksheet>`,
  }
}
