// Shows records as registered, by the columns of their files: targets of an area and those below it, the tables that
// judging rests on, and the days that differ from Monday to Friday. They are changed by an import.

import { Card, Select, Tag } from 'antd'
import { useState } from 'react'
import { COLUMNS } from '../../../domain/import/columns.ts'
import type { RegistryKind } from '../../../domain/import/registry.ts'
import { VALUE_WORDS } from '../../../domain/import/words.ts'
import { TABLE_KINDS, type TableKind } from '../../../domain/standards/tables.ts'
import { type Resource, useResource } from '../api/resource.ts'
import { useSession } from '../api/session.ts'
import { useArea } from '../frame/area-path.tsx'
import { useAdminWords } from '../words/admin-words.ts'
import { formatRegistered } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { DataTable } from './data-table.tsx'
import { Nothing, ProblemNotice } from './marks.tsx'

type Shown = Readonly<Record<string, unknown>>
/** Rows that a screen shows at once. */
const PAGE_ROWS = 25

export function TargetRecords() {
  const words = useAdminWords()
  const { nameOf, text } = useLanguage()
  const session = useSession()
  const home = session.state === 'in' && session.home?.type === 'area' ? session.home.id : null
  const [chosen, setChosen] = useState<string | null>(home)
  const area = useArea(home)
  const found = useResource<{ items: Shown[] }>(chosen === null ? 'targets' : `targets?area=${chosen}`)
  const options = [...(area ? [area, ...area.children] : [])].map((one) => ({ value: one.code, label: nameOf(one) }))
  return (
    <Card
      title={words.views.targets}
      data-testid="targets"
      extra={
        options.length > 0 && (
          <Select
            aria-label={text.area}
            value={chosen}
            options={options}
            onChange={setChosen}
            style={{ minWidth: 140 }}
          />
        )
      }
    >
      <Records kind="targets" of={found} rows={found.data?.items ?? []} />
    </Card>
  )
}

export function TableRecords() {
  const words = useAdminWords()
  const [table, setTable] = useState<TableKind>('quotas')
  const found = useResource<{ rows: Shown[] }>(`tables/${table}`)
  return (
    <Card
      title={words.rowsOf(words.kinds[table])}
      data-testid="tables"
      extra={
        <Select
          aria-label={words.table}
          value={table}
          options={TABLE_KINDS.map((value) => ({ value, label: words.kinds[value] }))}
          onChange={setTable}
          style={{ minWidth: 180 }}
        />
      }
    >
      <Records key={table} kind={table} of={found} rows={found.data?.rows ?? []} />
    </Card>
  )
}

export function CalendarRecords() {
  const words = useAdminWords()
  const thisYear = new Date().getFullYear()
  const [year, setYear] = useState(thisYear)
  const found = useResource<{ days: Shown[] }>(`calendar?year=${year}`)
  const years = [thisYear + 1, thisYear, thisYear - 1, thisYear - 2]
  return (
    <Card
      title={words.views.calendar}
      data-testid="calendar"
      extra={
        <Select
          aria-label={words.year}
          value={year}
          options={years.map((value) => ({ value, label: value }))}
          onChange={setYear}
        />
      }
    >
      <Records kind="calendar" of={found} rows={found.data?.days ?? []} />
    </Card>
  )
}

interface Props {
  kind: RegistryKind
  of: Resource<unknown>
  rows: readonly Shown[]
}

function Records({ kind, of, rows }: Props) {
  const words = useAdminWords()
  const { language } = useLanguage()
  const columns = COLUMNS[kind].filter(({ name }) => rows.some((row) => row[name] !== undefined && row[name] !== null))
  const rest = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => name !== 'imported' && !COLUMNS[kind].some((column) => column.name === name),
  )
  const headOf = ({ name, aliases }: { name: string; aliases: readonly string[] }): string =>
    language === 'zh' ? (aliases[0] ?? name) : name
  const isMarked = rows.some(({ imported }) => imported !== undefined)
  return (
    <>
      <p className="note">{words.changeByImport}</p>
      <ProblemNotice of={of} />
      <DataTable<Shown>
        rowKey={(row) => JSON.stringify(row)}
        pageSize={PAGE_ROWS}
        rows={rows}
        loading={of.data === null && of.problem === null}
        locale={{ emptyText: <Nothing>{words.noRows}</Nothing> }}
        columns={[
          ...[...columns, ...rest.map((name) => ({ name, aliases: [] }))].map((column, index) => ({
            title: headOf(column),
            key: column.name,
            className: 'wrapped record-cell',
            ...(index === 0 && { rowScope: 'row' as const }),
            render: (_: unknown, row: Shown) => <Value kind={kind} name={column.name} value={row[column.name]} />,
          })),
          ...(isMarked
            ? [
                {
                  title: words.source,
                  key: 'imported',
                  render: (_: unknown, { imported }: Shown) => (
                    <Tag variant="filled">{imported ? words.importedRow : words.shipped}</Tag>
                  ),
                },
              ]
            : []),
        ]}
      />
    </>
  )
}

function Value({ kind, name, value }: { kind: RegistryKind; name: string; value: unknown }) {
  const { language } = useLanguage()
  if (value === undefined || value === null) return ''
  if (typeof value === 'boolean') return value ? '✓' : ''
  if (typeof value === 'object') return <SourceText>{partsOf(value)}</SourceText>
  const word = [...(VALUE_WORDS.get(`${kind}.${name}`) ?? [])].find(([, known]) => known === value)
  return <SourceText>{language === 'zh' && word ? word[0] : textOf(value)}</SourceText>
}

const textOf = (value: unknown): string => (typeof value === 'number' ? formatRegistered(value) : String(value))

/** Nested values in one line: `2026: 100; 2027: 98`. */
function partsOf(value: object): string {
  const entries: readonly [string, unknown][] = Object.entries(value)
  return entries
    .map(([key, one]) => {
      const said = typeof one === 'object' && one !== null ? `{${partsOf(one)}}` : textOf(one)
      return Array.isArray(value) ? said : `${key}: ${said}`
    })
    .join('; ')
}
