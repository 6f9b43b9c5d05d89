// Offers the files to fill in: for each kind of record the columns with Chinese headers, as CSV and XLSX, and a guide
// with the values that each column takes.

import { Button, Card, Space } from 'antd'
import { REGISTRY_KINDS } from '../../../domain/import/kinds.ts'
import type { RegistryKind } from '../../../domain/import/registry.ts'
import { GUIDE_HEADER, guideRows, sheetParts, templateCsv, templateRows } from '../../../domain/import/template.ts'
import { saveFile } from '../api/save.ts'
import { useAdminWords } from '../words/admin-words.ts'

const CSV_TYPE = 'text/csv; charset=utf-8'
const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

const saveCsv = (name: string, rows: readonly string[][]): void =>
  saveFile(`${name}.csv`, new Blob([templateCsv(rows)], { type: CSV_TYPE }))

async function saveSheet(kind: RegistryKind): Promise<void> {
  const [{ strToU8 }, { zipFiles }] = await Promise.all([import('fflate'), import('../api/zip.ts')])
  const parts = Object.entries(sheetParts(kind, templateRows(kind))).map(([name, text]) => [name, strToU8(text)])
  saveFile(`${kind}.xlsx`, zipFiles(Object.fromEntries(parts), XLSX_TYPE))
}

export function Templates() {
  const words = useAdminWords()
  return (
    <Card title={words.templates} data-testid="templates">
      <p className="note">
        {words.templatesHint}{' '}
        <Button
          size="small"
          onClick={() => saveCsv('columns', [GUIDE_HEADER, ...REGISTRY_KINDS.flatMap(guideRows)])}
          data-testid="template-guide"
        >
          {words.guide}
        </Button>
      </p>
      <ul className="plain-list templates">
        {REGISTRY_KINDS.map((kind) => (
          <li key={kind}>
            <span>{words.kinds[kind]}</span>
            <Space>
              <Button
                size="small"
                aria-label={`${words.kinds[kind]} CSV`}
                onClick={() => saveCsv(kind, templateRows(kind))}
                data-testid={`template-${kind}`}
              >
                CSV
              </Button>
              <Button size="small" aria-label={`${words.kinds[kind]} XLSX`} onClick={() => saveSheet(kind)}>
                XLSX
              </Button>
            </Space>
          </li>
        ))}
      </ul>
    </Card>
  )
}
