// Writes forms as tables of a report, and reads from these tables the values by which a user's own template is filled:
// by the name of the cell, `NY201_110`, `NY202_1_240` of a room, `NY301_110_S001` of a column.

import { CARRIERS } from '../../medium.ts'
import type { ReportCell, ReportColumn, ReportDocument, ReportRow, ReportTable } from '../document.ts'
import { SUMMARY_COLUMNS } from './category.ts'
import type { CoalEquivalent } from './coal-equivalent.ts'
import type { ReportPeriod } from './edition.ts'
import { cellName, FORM_NAMES, type FormField, formFields, SUM_FORMS } from './fields.ts'
import { type FormSummary, type SubordinateRow, summaryRows } from './summary.ts'
import { type InstitutionForms, numberIn } from './values.ts'

const column = (
  id: string,
  [zh, en]: readonly [string, string],
  format: ReportColumn['format'] = 'text',
  unit = '',
) => ({
  id,
  title: { zh, en },
  unit,
  format,
})
const FIELD_COLUMNS: readonly ReportColumn[] = [
  column('code', ['代码', 'Code']),
  column('name', ['指标', 'Indicator']),
  column('unit', ['计量单位', 'Unit']),
]
/** A form has counts, areas and amounts in one column. */
const VALUE_FORMAT = 'general'

const NOTE = {
  zh: '空白为尚不掌握的数据，由填报人填写，不计为零；编码依据 2020 年版平台，后续版本按公布的增删处理。',
  en: 'A blank is not known and is filled by a person; it is no zero. Codes: platform of 2020 with the known changes.',
}
/** Id, title and sheet of a form's table: a report can have the same form of a month, a quarter and a year. */
const headed = (form: keyof typeof FORM_NAMES, edition: string, period: string) => ({
  id: tableIdOf(form, period),
  title: {
    zh: `${form} ${FORM_NAMES[form].zh}（${edition} 年版，${period}）`,
    en: `${form} ${FORM_NAMES[form].en} (edition ${edition}, ${period})`,
  },
  sheet: `${form} ${period}`,
})
const tableIdOf = (form: keyof typeof FORM_NAMES, period: string): string => `${form.toLowerCase()}-${period}`

/** The four basic forms of an institution, a table each. */
export function basicTables(forms: InstitutionForms, { id: period }: Pick<ReportPeriod, 'id'>): ReportTable[] {
  const entered = new Set(forms.entered)
  const fieldTable = (form: 'NY101' | 'NY201' | 'NY203'): ReportTable => ({
    ...headed(form, forms.edition, period),
    note: NOTE,
    columns: [...FIELD_COLUMNS, column('value', ['数值', 'Value'], VALUE_FORMAT), column('basis', ['来源', 'Basis'])],
    rows: formFields(forms.edition, form).map((field) => {
      const value = forms[form][field.id] ?? null
      const basis = value === null ? null : entered.has(cellName(form, field)) ? '填报' : '系统'
      return { id: cellName(form, field), cells: [...headOf(field), value, basis] }
    }),
  })
  return [fieldTable('NY101'), fieldTable('NY201'), roomTable(forms, period), fieldTable('NY203')]
}

const headOf = ({ code, name, unit }: FormField): ReportCell[] => [code, name.zh, unit]

/** A row a room; the PUE is 240/2401 of the row. */
function roomTable(forms: InstitutionForms, period: string): ReportTable {
  const fields = formFields(forms.edition, 'NY202')
  return {
    ...headed('NY202', forms.edition, period),
    note: NOTE,
    columns: [
      column('room', ['机房', 'Room']),
      ...fields.map(({ id, code, name, unit }) =>
        column(code ?? id, [`${code ?? ''} ${name.zh}`.trim(), name.en], VALUE_FORMAT, unit),
      ),
      column('pue', ['PUE（240/2401）', 'PUE (240/2401)'], 'decimal2'),
    ],
    rows: forms.NY202.map(({ id, name, values }): ReportRow => {
      const it = numberIn(values, 'itElectricity')
      const total = numberIn(values, 'roomElectricity')
      const pue = total !== null && it !== null && it > 0 && total >= it ? total / it : null
      return { id: `NY202_${id}`, cells: [name, ...fields.map((field) => values[field.id] ?? null), pue] }
    }),
  }
}

/** NY301, NY302 and NY303 with their ten columns. */
export const summaryTables = (summary: FormSummary, { id: period }: Pick<ReportPeriod, 'id'>): ReportTable[] =>
  SUM_FORMS.map((form) => ({
    ...headed(form, summary.edition, period),
    note: summary.uncategorised > 0 ? withUncategorised(summary.uncategorised) : NOTE,
    columns: [
      ...FIELD_COLUMNS,
      ...Object.entries(SUMMARY_COLUMNS).map(([id, { name }]) => column(id, [name.zh, name.en], VALUE_FORMAT)),
    ],
    rows: summaryRows(summary, form).map(({ field, values }) => ({
      id: cellName(form, field),
      cells: [...headOf(field), ...values],
    })),
  }))

const withUncategorised = (count: number) => ({
  zh: `${NOTE.zh}${count} 家机构未定分类，只计入合计。`,
  en: `${NOTE.en} ${count} institutions have no category and count in the total alone.`,
})

/** NY304: the areas or departments below an authority. */
export const subordinateTable = (
  rows: readonly SubordinateRow[],
  { edition, period }: { edition: FormSummary['edition']; period: Pick<ReportPeriod, 'id'> },
): ReportTable => ({
  ...headed('NY304', edition, period.id),
  note: { zh: '', en: '' },
  columns: [
    column('code', ['代码', 'Code']),
    column('name', ['地区或部门', 'Area or department']),
    column('institutions', ['机构数量', 'Institutions'], 'integer', '个'),
  ],
  rows: rows.map(({ code, name, institutions }) => ({ id: code, cells: [code, name, institutions] })),
})

/** 折标准煤: each quantity of NY201 or NY301 with its coefficient, the total and the three intensities. */
export function coalTable(coal: CoalEquivalent, { setName, period }: { setName: string; period: string }): ReportTable {
  const nameOf = new Map(formFields('2020', 'NY201').map((field) => [field.id, field]))
  const figure = (id: string, [zh, unit]: readonly [string, string], value: number | null): ReportRow => ({
    id,
    cells: [zh, null, null, null, unit, value],
  })
  return {
    id: `coal-equivalent-${period}`,
    title: { zh: `能源消费量折标准煤（${period}）`, en: `Energy in standard coal (${period})` },
    note: { zh: `折标系数：${setName}。`, en: `Coefficients: ${setName}.` },
    columns: [
      column('name', ['能源品种', 'Energy']),
      column('quantity', ['实物量', 'Quantity'], VALUE_FORMAT),
      column('quantityUnit', ['计量单位', 'Unit']),
      column('coefficient', ['折标系数', 'Coefficient'], 'decimal4'),
      column('unit', ['单位', 'Unit of the result']),
      column('value', ['结果', 'Result'], 'decimal2'),
    ],
    rows: [
      ...coal.rows.map(({ field, quantity, coefficient, tce }) => {
        const { name, unit } = nameOf.get(field) ?? { name: { zh: field }, unit: '' }
        return { id: field, cells: [name.zh, quantity, unit, coefficient, '吨标准煤', tce] }
      }),
      figure('total', ['合计', '吨标准煤'], coal.tce),
      figure('energyPerArea', ['单位建筑面积能耗', 'kgce/m²'], coal.energyPerArea),
      figure('energyPerCapita', ['人均综合能耗', 'kgce/人'], coal.energyPerCapita),
      figure('waterPerCapita', ['人均用水量', `${CARRIERS.water.amountUnit}/人`], coal.waterPerCapita),
    ],
  }
}

/** The values of a report's forms in one period, by the names of a template's cells. */
export function templateCells({ tables }: Pick<ReportDocument, 'tables'>, period: string): Map<string, ReportCell> {
  const tableOf = (form: keyof typeof FORM_NAMES) => tables.find(({ id }) => id === tableIdOf(form, period))
  const cells = new Map<string, ReportCell>()
  for (const form of ['NY101', 'NY201', 'NY203'] as const) {
    const place = tableOf(form)?.columns.findIndex(({ id }) => id === 'value') ?? -1
    for (const row of tableOf(form)?.rows ?? []) cells.set(row.id, row.cells[place] ?? null)
  }
  const rooms = tableOf('NY202')
  const nameOf = (column: string): string => (column === 'room' ? 'name' : column)
  for (const row of rooms?.rows ?? [])
    for (const [place, { id }] of (rooms?.columns ?? []).entries())
      cells.set(`${row.id}_${nameOf(id)}`, row.cells[place] ?? null)
  for (const form of SUM_FORMS) {
    const table = tableOf(form)
    for (const row of table?.rows ?? [])
      for (const [place, { id }] of (table?.columns ?? []).entries())
        if (id in SUMMARY_COLUMNS) cells.set(`${row.id}_${id}`, row.cells[place] ?? null)
  }
  for (const { id, cells: own } of tableOf('NY304')?.rows ?? []) cells.set(`NY304_${id}`, own.at(-1) ?? null)
  return cells
}
