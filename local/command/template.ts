// `kilowatch template`: writes the registry files that an installer fills in: the columns of `import` with Chinese
// headers and one example row, as CSV and XLSX, and the legal values of each column.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { GUIDE_FILE } from '../../domain/import/gather.ts'
import {
  FIRST_KINDS,
  GUIDE_HEADER,
  guideRows,
  sheetParts,
  templateCsv,
  templateRows,
} from '../../domain/import/template.ts'

export async function writeTemplates({ out }: { out: string }): Promise<void> {
  await mkdir(out, { recursive: true })
  const guide = [GUIDE_HEADER, ...FIRST_KINDS.flatMap((kind) => guideRows(kind))]
  for (const kind of FIRST_KINDS) {
    const rows = templateRows(kind)
    await writeNew(join(out, `${kind}.csv`), templateCsv(rows))
    const parts = Object.entries(sheetParts(kind, rows)).map(([name, text]) => [name, strToU8(text)])
    await writeNew(join(out, `${kind}.xlsx`), zipSync(Object.fromEntries(parts)))
  }
  await writeNew(join(out, GUIDE_FILE), templateCsv(guide))
  process.stdout.write(
    `written to ${out}: ${FIRST_KINDS.map((kind) => `${kind}.csv and .xlsx`).join(', ')}; ${GUIDE_FILE} has the legal values\n` +
      `Replace the example row by your own, save as CSV UTF-8, then: npx kilowatch import ${join(out, '*.csv')}\n`,
  )
}

/** What somebody has filled in is not written over. */
async function writeNew(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, content, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new Error(`${file} is there already`)
    throw error
  }
}
