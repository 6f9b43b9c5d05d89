// Saves the tables and series of a card as files (docs/rules/report.md#saved-files): a button with CSV and XLSX. Files
// are named after subject, table and period.

import { DownloadOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import { useContext, useState } from 'react'
import { type LoadProblem, problemOf } from '../api/resource.ts'
import { fileName, saveFile } from '../api/save.ts'
import { useLanguage } from '../words/language.tsx'
import { ProblemText } from './marks.tsx'
import type { SavedKind } from './saved-files.ts'
import { SavedFrom } from './saved-from.ts'
import type { SavedTable } from './saved-table.ts'

export function SaveTables({ tables }: { tables: readonly SavedTable[] }) {
  const { text, language } = useLanguage()
  const from = useContext(SavedFrom)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<LoadProblem | null>(null)
  const save = async (table: SavedTable, kind: SavedKind) => {
    setBusy(true)
    setProblem(null)
    const period = table.period ?? from.period
    try {
      const { savedFile } = await import('./saved-files.ts')
      const note = [from.subject, period].filter((part) => part !== '').join(' · ')
      const file = await savedFile(table, { kind, note, language })
      saveFile(fileName([from.subject, table.title, period], kind), file)
    } catch (error) {
      setProblem(problemOf(error))
    } finally {
      setBusy(false)
    }
  }
  const [first] = tables
  if (!first) return null
  const choicesOf = (table: SavedTable, place: number) => [
    { key: `${place} csv`, label: text.saving.saveCsv, onClick: () => save(table, 'csv') },
    { key: `${place} xlsx`, label: text.saving.saveXlsx, onClick: () => save(table, 'xlsx') },
  ]
  const items =
    tables.length === 1
      ? choicesOf(first, 0)
      : tables.map((table, place) => ({
          key: table.title,
          type: 'group' as const,
          label: table.title,
          children: choicesOf(table, place),
        }))
  const label = text.saving.saveTable(first.title)
  return (
    <span className="tools">
      <Dropdown menu={{ items }} trigger={['click']} autoFocus placement="bottomRight">
        <Button
          size="small"
          icon={<DownloadOutlined />}
          loading={busy}
          aria-haspopup="menu"
          aria-label={label}
          title={label}
          data-testid="save-table"
        >
          {text.saving.saveFile}
        </Button>
      </Dropdown>
      {problem && (
        <span role="alert" className="figure-bad">
          {text.saving.saveFailed}: <ProblemText problem={problem} />
        </span>
      )}
    </span>
  )
}
