// Lets an official fill in the statistics forms of an institution and justify findings of the checks. What is saved
// counts from the next build of the report on (docs/rules/report.md#forms).

import { Alert, Card, Input, Segmented, type TableColumnsType } from 'antd'
import { useState } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import { periodsOfReport } from '../../../domain/report/forms/edition.ts'
import { cellName, formFields } from '../../../domain/report/forms/fields.ts'
import type { FormsView } from '../../../domain/report/view.ts'
import { useIsPrinting } from '../api/printing.ts'
import { useResource } from '../api/resource.ts'
import { useMay } from '../api/session.ts'
import { formatAmount } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { AdminForm } from './admin-form.tsx'
import { DataTable } from './data-table.tsx'
import { formEntry } from './form-entry.ts'
import { ProblemNotice } from './marks.tsx'
import { ReportRooms } from './report-rooms.tsx'

const ENTERED_FORMS = ['NY201', 'NY203', 'NY101'] as const

export function ReportForms({ institution, month }: { institution: string; month: Month }) {
  const { text } = useLanguage()
  const periods = periodsOfReport(month).map(({ id }) => id)
  // The longest is the one that is checked.
  const [period, setPeriod] = useState(periods.at(-1) ?? month)
  const forms = useResource<FormsView>(`forms/${encodeURIComponent(institution)}/${period}`)
  return (
    <Card title={text.report.formsOf(period)} data-testid="report-forms">
      {periods.length > 1 && <Segmented options={periods} value={period} onChange={setPeriod} />}
      <ProblemNotice of={forms} />
      {forms.data && (
        <>
          <Entries key={`entries ${period} ${forms.data.entriesVersion}`} forms={forms.data} saved={forms.reload} />
          <ReportRooms key={`rooms ${period} ${forms.data.entriesVersion}`} forms={forms.data} saved={forms.reload} />
          <Reasons
            key={`reasons ${period} ${forms.data.justificationsVersion}`}
            forms={forms.data}
            saved={forms.reload}
          />
        </>
      )}
    </Card>
  )
}

interface FormsProps {
  forms: FormsView
  saved: () => void
}
const pathOf = ({ institution, period }: FormsView, part: 'entries' | 'justifications'): string =>
  `forms/${encodeURIComponent(institution)}/${period}/${part}`

interface CellRow {
  cell: string
  code: string
  name: string
  unit: string
  value: string | number | null
  basis: string
  isText: boolean
}

function rowsOf({ tables, edition }: FormsView): CellRow[] {
  return ENTERED_FORMS.flatMap((form) => {
    const kinds = new Map(formFields(edition, form).map((field) => [cellName(form, field), field.kind]))
    const table = tables.find(({ id }) => id.startsWith(`${form.toLowerCase()}-`))
    return (table?.rows ?? []).map(({ id, cells: [code, name, unit, value, basis] }) => ({
      cell: id,
      code: String(code ?? ''),
      name: String(name ?? ''),
      unit: String(unit ?? ''),
      value: value ?? null,
      basis: String(basis ?? ''),
      isText: kinds.get(id) === 'text',
    }))
  })
}

const marked = (value: string) => <SourceText>{value}</SourceText>
const computedColumns = (words: ReturnType<typeof useLanguage>['text']['report']): TableColumnsType<CellRow> => [
  { title: words.formCode, dataIndex: 'code' },
  { title: words.formField, dataIndex: 'name', rowScope: 'row', render: marked },
  { title: words.formUnit, dataIndex: 'unit', render: marked },
  {
    title: words.formValue,
    dataIndex: 'value',
    align: 'right',
    render: (value: CellRow['value']) => (typeof value === 'number' ? formatAmount(value) : marked(value ?? '')),
  },
  { title: words.formBasis, dataIndex: 'basis', render: marked },
]

/** The entries that are sent: an empty field is none. */
const valuesOf = (typed: Readonly<Record<string, string | number | null>>, rows: readonly CellRow[]) =>
  Object.fromEntries(
    Object.entries(typed).flatMap(([cell, value]) => {
      const entry = formEntry(String(value ?? ''), rows.find((row) => row.cell === cell)?.isText ?? false)
      return entry === null || entry === undefined ? [] : [[cell, entry]]
    }),
  )

function Entries({ forms, saved }: FormsProps) {
  const { text } = useLanguage()
  const printing = useIsPrinting()
  const [isChanged, setChanged] = useState(false)
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(Object.entries(forms.entries.values ?? {}).map(([cell, value]) => [cell, String(value ?? '')])),
  )
  const rows = rowsOf(forms)
  const isWrong = (row: CellRow): boolean => formEntry(typed[row.cell] ?? '', row.isText) === undefined
  const wrong = rows.filter(isWrong)
  const { rooms, values: entered } = forms.entries
  const mayEnter = useMay('prepareReports')
  const columns: TableColumnsType<CellRow> = [
    ...computedColumns(text.report),
    {
      hidden: !mayEnter,
      title: text.report.formEntry,
      key: 'entry',
      render: (_, row) => (
        <Input
          size="small"
          value={typed[row.cell] ?? ''}
          status={isWrong(row) ? 'error' : ''}
          inputMode={row.isText ? 'text' : 'decimal'}
          aria-label={`${row.code} ${row.name}`}
          onChange={({ target }) => {
            setTyped({ ...typed, [row.cell]: target.value })
            setChanged(true)
          }}
          data-testid={`entry-${row.cell}`}
        />
      ),
    },
  ]
  return (
    <section>
      {mayEnter && <p className="note">{text.report.entriesHint}</p>}
      <details open={printing || undefined}>
        <summary data-testid="entries-open">{text.report.entriesOf(String(rows.length))}</summary>
        <DataTable rowKey="cell" columns={columns} rows={rows} />
      </details>
      {wrong.length > 0 && (
        <Alert type="error" showIcon title={text.report.entryWrong(wrong.map(({ name }) => name).join('、'))} />
      )}
      {isChanged && wrong.length === 0 && (
        <AdminForm<FormsView>
          actions={[
            {
              key: 'entries',
              needs: 'prepareReports',
              label: text.report.saveEntries,
              method: 'PUT',
              path: pathOf(forms, 'entries'),
              body: ({ name: who }) => ({
                who,
                version: forms.entriesVersion,
                values: valuesOf({ ...entered, ...typed }, rows),
                ...(rooms && { rooms }),
              }),
            },
          ]}
          withoutRemark
          done={saved}
        />
      )}
    </section>
  )
}

/** A finding asks for a reason by its rule and cell. */
const findingKey = ({ rule, cell }: { rule: string; cell?: string | null | undefined }): string =>
  `${rule} ${cell ?? ''}`

function Reasons({ forms, saved }: FormsProps) {
  const { text, language } = useLanguage()
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const mayGive = useMay('prepareReports')
  const findings = [...new Map(forms.findings.map((one) => [findingKey(one), one])).values()]
  if (findings.length === 0) return <p className="note">{text.report.noFindings}</p>
  const reasonOf = (one: FormsView['findings'][number]): string =>
    typed[findingKey(one)] ?? one.justification?.text ?? ''
  const shown = new Set(findings.map(findingKey))
  const justifications = [
    // Those whose finding is gone stay as they are.
    ...forms.justifications
      .filter((one) => !shown.has(findingKey(one)))
      .map(({ rule, cell, text: reason }) => ({
        ...{ rule, text: reason },
        ...(cell !== undefined && { cell }),
      })),
    ...findings
      .filter((one) => reasonOf(one).trim() !== '')
      .map((one) => ({ rule: one.rule, text: reasonOf(one).trim(), ...(one.cell !== null && { cell: one.cell }) })),
  ]
  return (
    <section>
      <h2 className="card-part">{text.report.reasons}</h2>
      {mayGive && <p className="note">{text.report.reasonsHint}</p>}
      <ul className="plain-list">
        {findings.map((one) => (
          <li key={findingKey(one)}>
            <Alert
              type={one.severity === 'error' && one.justification === null ? 'error' : 'warning'}
              showIcon
              title={<SourceText>{one.message[language]}</SourceText>}
              description={
                mayGive ? (
                  <Input.TextArea
                    autoSize
                    lang="zh"
                    value={reasonOf(one)}
                    maxLength={2000}
                    placeholder={text.report.reason}
                    aria-label={`${text.report.reason} ${one.message[language]}`}
                    onChange={({ target }) => setTyped({ ...typed, [findingKey(one)]: target.value })}
                    data-testid="reason"
                  />
                ) : (
                  <SourceText>{reasonOf(one)}</SourceText>
                )
              }
            />
          </li>
        ))}
      </ul>
      {Object.keys(typed).length > 0 && (
        <AdminForm<FormsView>
          actions={[
            {
              key: 'justifications',
              needs: 'prepareReports',
              label: text.report.saveReasons,
              method: 'PUT',
              path: pathOf(forms, 'justifications'),
              body: ({ name: who }) => ({ who, version: forms.justificationsVersion, justifications }),
            },
          ]}
          withoutRemark
          done={saved}
        />
      )}
    </section>
  )
}
