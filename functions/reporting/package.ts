// Makes the files of a report from its document, and the manifest that names each with its SHA-256.

import { createHash } from 'node:crypto'
import { csvPieces } from '../../domain/report/csv.ts'
import type { ReportDocument } from '../../domain/report/document.ts'
import { printableOf } from './printable.ts'
import { utf8Of } from './utf8.ts'
import { workbookPieces } from './zipped-workbook.ts'

export interface ReportFile {
  name: string
  contentType: string
  /** Its bytes in pieces, made anew each time: a province's files are not all held at once. */
  pieces(): Iterable<Uint8Array>
}

/** Name of the workbook and of the printable document in a package. */
const WORKBOOK = 'report.xlsx'
const PRINTABLE = 'report.html'
const DOCUMENT = 'report.json'
/** Rows that become one piece of text. */
const ROWS_PER_PIECE = 2000

/** The same document gives the same bytes. */
export const reportFiles = (document: ReportDocument): ReportFile[] => [
  {
    name: WORKBOOK,
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    pieces: () => workbookPieces(document),
  },
  { name: PRINTABLE, contentType: 'text/html; charset=utf-8', pieces: () => encoded([printableOf(document)]) },
  { name: DOCUMENT, contentType: 'application/json', pieces: () => encoded(jsonPieces(document)) },
  ...document.tables.map((table) => ({
    name: `tables/${table.id}.csv`,
    contentType: 'text/csv; charset=utf-8',
    pieces: () => encoded(csvPieces(table)),
  })),
]

function* encoded(texts: Iterable<string>): Generator<Uint8Array> {
  for (const text of texts) yield utf8Of(text)
}

/** All bytes of a file at once. */
export const bytesOf = ({ pieces }: Pick<ReportFile, 'pieces'>): Uint8Array => Buffer.concat([...pieces()])

/** The JSON text of the document; rows are written some at a time. */
function* jsonPieces({ tables, ...document }: ReportDocument): Generator<string> {
  yield `${JSON.stringify(document).slice(0, -1)},"tables":[`
  for (const [index, { rows, ...table }] of tables.entries()) {
    yield `${index > 0 ? ',' : ''}${JSON.stringify(table).slice(0, -1)},"rows":[`
    for (let first = 0; first < rows.length; first += ROWS_PER_PIECE) {
      const some = JSON.stringify(rows.slice(first, first + ROWS_PER_PIECE)).slice(1, -1)
      yield first > 0 ? `,${some}` : some
    }
    yield ']}'
  }
  yield ']}\n'
}

export interface ReportManifest {
  version: 1
  subject: ReportDocument['subject']
  month: string
  asOfMs: number
  /** When the package was made: the only thing that differs when it is made twice from the same data. */
  madeMs: number
  files: { name: string; bytes: number; sha256: string }[]
}

/** What the manifest says of a file. */
export type ManifestFile = ReportManifest['files'][number]

/** Hands out the pieces of a file and counts them, so that writing and hashing are one pass. */
export async function filed(
  { name, pieces }: Pick<ReportFile, 'name' | 'pieces'>,
  take: (piece: Uint8Array) => void | Promise<void> = () => {},
): Promise<ManifestFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for (const piece of pieces()) {
    hash.update(piece)
    bytes += piece.length
    await take(piece)
  }
  return { name, bytes, sha256: hash.digest('hex') }
}

export const manifestOf = (
  { subject, month, asOfMs }: ReportDocument,
  files: readonly ManifestFile[],
  madeMs: number,
): ReportManifest => ({ version: 1, subject, month, asOfMs, madeMs, files: [...files] })
