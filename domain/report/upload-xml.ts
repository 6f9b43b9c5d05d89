// Writes the package of one day for an upper centre (docs/rules/devices.md#upload-to-an-upper-centre): the file of the
// buildings and the file of the hours. What sources say differently is a setting (docs/decisions/0047). Pure text: who
// calls has gathered the hours.

import * as z from 'zod'
import { DAY_MS, dayLabel, dayOf, dayStartMs, formatInstant, HOUR_MS } from '../calendar.ts'
import { MEDIA, type Medium } from '../medium.ts'
import { recordId } from '../registry/records.ts'
import { escapeXml } from './escape.ts'
import { BUILDING_FIELDS, CENTRE_FIELDS, GROUP_FIELDS, MEDIUM_CODES, type UploadField } from './upload-layout.ts'

/** A package with all its XML in memory, and an answer that AWS lets through. The product's own choice. */
export const UPLOAD_BUILDINGS_MAX = 100

/** YAML reads `130102` as a number. */
const word = z.coerce.string().min(1).max(32)
const fields = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({})
/** Area code, letter of the type, serial number. */
const buildingCode = z.coerce.string().regex(/^\d{6}[A-Z]\d{3}$/, 'is 6 digits, a letter and 3 digits')

export const uploadSettingsSchema = z.strictObject({
  centre: z.coerce
    .string()
    .regex(/^(\d{6}|\d{6}[A-Z]\d{3})$/, 'is 6 digits, or the code of a building')
    .meta({ description: 'Id of the sending centre, which the upper centre gives' }),
  centreFields: fields.meta({ description: 'Fields of DataCenterBaseInfo by their names in the XML' }),
  files: z.enum(['day', 'hour']).default('day').meta({ description: 'One pair of files a day, or an hour' }),
  resultId: z
    .enum(['serial', 'hour'])
    .default('serial')
    .meta({ description: 'F_HourResultID: building, 2 and a number of 9 digits; or building and YYYYMMDDHH' }),
  operation: z.enum(['N', 'U']).default('N').meta({ description: 'Of building and group: new or updated' }),
  decimals: z.union([z.literal(2), z.literal(4)]).default(2),
  equivalentDecimals: z.union([z.literal(2), z.literal(4)]).default(4),
  codes: z
    .partialRecord(z.enum(MEDIA as [Medium, ...Medium[]]), word.nullable())
    .default({})
    .meta({ description: 'Item code of a medium where it is another; null: not sent' }),
  buildings: z
    .array(z.strictObject({ code: buildingCode, institution: recordId, fields }))
    .min(1)
    .max(UPLOAD_BUILDINGS_MAX),
  groups: z.array(z.strictObject({ id: word, fields, buildings: z.array(buildingCode).min(1) })).default([]),
})
export type UploadSettings = z.output<typeof uploadSettingsSchema>

/** Hours of one item of a building, from midnight on; NaN where unknown. */
export interface UploadItem {
  code: string
  amounts: ArrayLike<number>
  /** Coal equivalent of one unit, kgce. */
  kgcePerUnit: number
}
export interface UploadBuilding {
  code: string
  /** What the registry knows, by the names of the fields. */
  known: Readonly<Record<string, string | number | undefined>>
  items: readonly UploadItem[]
}
export interface UploadFile {
  name: string
  text: string
}
export interface UploadPackage {
  /** Of the folder and of the packed file. */
  name: string
  files: UploadFile[]
  hours: number
  /** Hours of items that are in no file, because they are not known. */
  hoursUnknown: number
}

/** Item code of each medium that is sent. */
export const mediumCodes = ({ codes }: Pick<UploadSettings, 'codes'>): Map<Medium, string> =>
  new Map(
    MEDIA.flatMap((medium): [Medium, string][] => {
      const code = codes[medium] === undefined ? MEDIUM_CODES[medium] : codes[medium]
      return code === null ? [] : [[medium, code]]
    }),
  )

/** What is missing, too long or unknown, each with where and what; empty: the package can be made. */
export function uploadProblems(settings: UploadSettings, buildings: readonly UploadBuilding[]): string[] {
  const problems: string[] = []
  const check = (where: string, layout: readonly UploadField[], values: Values) => {
    for (const field of layout) {
      const problem = fieldProblem(field, values[field.name])
      if (problem) problems.push(`${where}: ${field.name} (${field.zh}) ${problem}`)
    }
    const names = new Set(layout.map(({ name }) => name))
    for (const name of Object.keys(values)) if (!names.has(name)) problems.push(`${where}: there is no field ${name}`)
  }
  check('centre', CENTRE_FIELDS, centreValues(settings))
  const codes = new Set<string>()
  for (const building of buildings) {
    if (codes.has(building.code)) problems.push(`building ${building.code} stands twice`)
    codes.add(building.code)
    check(`building ${building.code}`, BUILDING_FIELDS, buildingValues(settings, building))
  }
  for (const { id, fields: values, buildings: members } of settings.groups) {
    check(`group ${id}`, GROUP_FIELDS, values)
    for (const code of members) if (!codes.has(code)) problems.push(`group ${id}: ${code} is no building of this file`)
  }
  return problems
}

type Values = Readonly<Record<string, string | number | boolean | undefined>>

function fieldProblem({ length, isNumber, isRequired }: UploadField, value: Values[string]): string | undefined {
  const written = valueText(value)
  if (written === '') return isRequired ? 'is missing' : undefined
  if (isNumber && !/^-?\d+(\.\d+)?$/.test(written)) return 'must be a number'
  return length !== undefined && [...written].length > length ? `is longer than ${length} characters` : undefined
}

const valueText = (value: Values[string]): string =>
  typeof value === 'boolean' ? String(Number(value)) : String(value ?? '').trim()

const centreValues = ({ centre, centreFields }: UploadSettings): Values => ({ ...centreFields, F_DataCenterID: centre })

/** What a person wrote holds before what the registry knows. */
const buildingValues = (settings: UploadSettings, { code, known }: UploadBuilding): Values => ({
  F_DataCenterID: settings.centre,
  F_State: 1,
  F_BuildFunc: code.slice(6, 7),
  ...known,
  ...settings.buildings.find((one) => one.code === code)?.fields,
})

/** `day`: days since 1970 in UTC+8. Call `uploadProblems` before. */
export function uploadPackage(
  settings: UploadSettings,
  { day, atMs, buildings }: { day: number; atMs: number; buildings: readonly UploadBuilding[] },
): UploadPackage {
  const digits = (ms: number, count: number): string => formatInstant(ms).replace(/\D/g, '').slice(0, count)
  const name = `${settings.centre}${digits(dayStartMs(day), 8)}`
  const head = commonOf(settings, atMs)
  const counts = { hours: 0, hoursUnknown: 0 }
  const spans =
    settings.files === 'day'
      ? [{ name, from: 0, to: 24 }]
      : Array.from({ length: 24 }, (_, hour) => ({
          name: `${settings.centre}${digits(dayStartMs(day) + (hour + 1) * HOUR_MS, 10)}`,
          ...{ from: hour, to: hour + 1 },
        }))
  const build = buildText(settings, head, buildings)
  const files = spans.flatMap((span) => [
    { name: `${span.name}Build.xml`, text: build },
    { name: `${span.name}Energy.xml`, text: energyText(settings, head, { day, ...span, buildings, counts }) },
  ])
  return { name, files, ...counts }
}

const seconds = (ms: number): string => formatInstant(ms).slice(0, 19).replace('T', ' ')

const commonOf = ({ centre }: UploadSettings, atMs: number): string[] => [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<root>',
  '  <common>',
  `    ${element('UploadDataCenterID', centre)}`,
  `    ${element('CreateTime', seconds(atMs))}`,
  '  </common>',
  '  <data>',
]
const END = ['  </data>', '</root>', '']

const element = (name: string, value: string): string => `<${name}>${escapeXml(value)}</${name}>`
const written = (layout: readonly UploadField[], values: Values, indent: string): string[] =>
  layout.map(({ name }) => `${indent}${element(name, valueText(values[name]))}`)

function buildText(settings: UploadSettings, head: readonly string[], buildings: readonly UploadBuilding[]): string {
  const { operation } = settings
  const lines = [...head, '    <DataCenterBaseInfo>', ...written(CENTRE_FIELDS, centreValues(settings), '      ')]
  lines.push('    </DataCenterBaseInfo>')
  for (const building of buildings)
    lines.push(
      `    <Build id="${escapeXml(building.code)}">`,
      `      <BuildBaseInfo operation="${operation}">`,
      ...written(BUILDING_FIELDS, buildingValues(settings, building), '        '),
      '      </BuildBaseInfo>',
      '    </Build>',
    )
  for (const { id, fields: values, buildings: members } of settings.groups)
    lines.push(
      `    <BuildGroup id="${escapeXml(id)}">`,
      `      <BuildGroupBaseInfo operation="${operation}">`,
      ...written(GROUP_FIELDS, values, '        '),
      '      </BuildGroupBaseInfo>',
      `      <BuildGroupRelaInfo operation="${operation}">`,
      ...members.map((code) => `        ${element('F_BuildID', code)}`),
      '      </BuildGroupRelaInfo>',
      '    </BuildGroup>',
    )
  return [...lines, ...END].join('\n')
}

interface EnergyPart {
  day: number
  from: number
  to: number
  buildings: readonly UploadBuilding[]
  counts: { hours: number; hoursUnknown: number }
}

/** An hour that is not known is not written: no source says how a centre takes it, and it is not zero. */
function energyText(settings: UploadSettings, head: readonly string[], part: EnergyPart): string {
  const { day, from, to, buildings, counts } = part
  const lines = [...head]
  let serial = 0
  for (const { code, items } of buildings) {
    const rows: string[] = []
    for (let hour = from; hour < to; hour++)
      for (const item of items) {
        const amount = item.amounts[hour] ?? Number.NaN
        if (Number.isNaN(amount)) counts.hoursUnknown++
        else {
          counts.hours++
          const startMs = dayStartMs(day) + hour * HOUR_MS
          const tail = settings.resultId === 'serial' ? `2${String(++serial).padStart(9, '0')}` : hourDigits(startMs)
          rows.push(
            '      <EnergyItemHourResult>',
            `        ${element('F_HourResultID', code + tail)}`,
            `        ${element('F_EnergyItemCode', item.code)}`,
            `        ${element('F_StartHour', seconds(startMs))}`,
            `        ${element('F_EndHour', seconds(startMs + HOUR_MS))}`,
            `        ${element('F_HourValue', fixed(amount, settings.decimals))}`,
            `        ${element('F_HourEquValue', fixed(amount * item.kgcePerUnit, settings.equivalentDecimals))}`,
            `        ${element('F_State', '1')}`,
            '      </EnergyItemHourResult>',
          )
        }
      }
    if (rows.length > 0) lines.push(`    <Build id="${escapeXml(code)}">`, ...rows, '    </Build>')
  }
  return [...lines, ...END].join('\n')
}

/** The clients that write it so take the end of the hour. */
const hourDigits = (startMs: number): string =>
  formatInstant(startMs + HOUR_MS)
    .replace(/\D/g, '')
    .slice(0, 10)
/** Not `-0.00`. */
const fixed = (amount: number, decimals: number): string => amount.toFixed(decimals).replace(/^-(0\.0+)$/, '$1')

/** The day of a date; undefined while it is not over. */
export function uploadDay(date: string, nowMs: number): number | undefined {
  const day = Math.round(Date.parse(date) / DAY_MS)
  return dayLabel(day) === date && day < dayOf(nowMs) ? day : undefined
}
