// Writes values into the XML of a worksheet and leaves the rest as it stands: styles, merged cells, widths,
// validations, print settings. A cell with a formula is never overwritten; the last results of formulas are removed, so
// that a spreadsheet program computes them anew.

import type { XmlDocument, XmlElement, XmlNode } from '@cj-tech-master/excelts/xml'
import { childNamed, childrenNamed, elementLike, localName, TemplateProblem } from './template-archive.ts'

export interface CellPlace {
  /** From 1. */
  row: number
  column: number
}

const ROWS_MAX = 1_048_576
const COLUMNS_MAX = 16_384
const CELL = /^\$?([A-Z]{1,3})\$?([1-9]\d{0,6})$/i

/** The place of `C5` or `$C$5`; undefined when it is none. */
export function cellPlaceOf(reference: string): CellPlace | undefined {
  const [, letters, digits] = CELL.exec(reference) ?? []
  if (letters === undefined || digits === undefined) return undefined
  const column = [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0)
  const row = Number(digits)
  return row <= ROWS_MAX && column <= COLUMNS_MAX ? { row, column } : undefined
}

const nameOfPlace = ({ row, column }: CellPlace): string => {
  let letters = ''
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26))
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters
  return `${letters}${row}`
}

/** Null clears the cell and keeps its style. */
export type CellValue = number | string | null
export interface CellWrite {
  place: CellPlace
  value: CellValue
  /** Names the value in a problem. */
  name: string
}

/** Writes into a worksheet, in place. Throws TemplateProblem for a cell with a formula. */
export function writeCells(document: XmlDocument, writes: readonly CellWrite[], sheetName: string): void {
  const sheet = document.root
  const data = childNamed(sheet, 'sheetData')
  if (!data) throw new TemplateProblem('noCell', `"${sheetName}" of the template is no sheet of cells`)
  const rows = indexed(data, 'row', (_row, at) => String(at))
  const cells = new Map<XmlElement, Map<number, XmlElement>>()
  const merged = mergesOf(sheet)
  for (const { place, value, name } of writes) {
    const at = merged.find((merge) => contains(merge, place))?.from ?? place
    const row = rows.get(at.row) ?? inserted(data, rows, at.row, { r: String(at.row) })
    const own = cells.get(row) ?? indexed(row, 'c', (_cell, column) => nameOfPlace({ row: at.row, column }))
    cells.set(row, own)
    const cell = own.get(at.column) ?? insertedCell(sheet, { row, own, at })
    if (childNamed(cell, 'f'))
      throw new TemplateProblem(
        'formula',
        `${name} points to ${nameOfPlace(at)} of "${sheetName}", which has a formula; nothing is written over one`,
      )
    setValue(cell, value)
  }
}

interface Merge {
  from: CellPlace
  to: CellPlace
}
const mergesOf = (sheet: XmlElement): Merge[] =>
  childrenNamed(sheet, 'mergeCells')
    .flatMap((cells) => childrenNamed(cells, 'mergeCell'))
    .flatMap(({ attributes }) => {
      const [from, to] = (attributes.ref ?? '').split(':').map(cellPlaceOf)
      return from && to ? [{ from, to }] : []
    })
const contains = ({ from, to }: Merge, { row, column }: CellPlace): boolean =>
  row >= from.row && row <= to.row && column >= from.column && column <= to.column

/**
 * Rows or cells by their number. A file may leave out `r`: then an element follows the one before. All get it, so that
 * one inserted before them does not move them.
 */
function indexed(
  parent: XmlElement,
  local: 'row' | 'c',
  nameAt: (element: XmlElement, at: number) => string,
): Map<number, XmlElement> {
  const found = new Map<number, XmlElement>()
  let at = 0
  for (const element of childrenNamed(parent, local)) {
    const { r } = element.attributes
    const stated = r === undefined ? undefined : local === 'row' ? Number(r) : cellPlaceOf(r)?.column
    at = stated ?? at + 1
    element.attributes.r = nameAt(element, at)
    found.set(at, element)
  }
  if (local === 'c') for (const [column, cell] of found) cell.attributes.r = cellReference(parent, column)
  return found
}
const cellReference = (row: XmlElement, column: number): string =>
  nameOfPlace({ row: Number(row.attributes.r), column })

/** Adds an element at its place in the order of numbers. */
function inserted(
  parent: XmlElement,
  known: Map<number, XmlElement>,
  at: number,
  attributes: Record<string, string>,
): XmlElement {
  const element = elementLike(parent, localName(parent) === 'row' ? 'c' : 'row', attributes)
  const next = [...known].filter(([number]) => number > at).toSorted(([a], [b]) => a - b)[0]?.[1]
  const index = next ? parent.children.indexOf(next) : parent.children.length
  parent.children.splice(index, 0, element)
  known.set(at, element)
  return element
}

/** A new cell has the style of its row, else of its column, as a spreadsheet program gives it. */
function insertedCell(
  sheet: XmlElement,
  { row, own, at }: { row: XmlElement; own: Map<number, XmlElement>; at: CellPlace },
): XmlElement {
  // The extent of the row, a hint for readers, would be wrong.
  delete row.attributes.spans
  const columns = childrenNamed(sheet, 'cols').flatMap((cols) => childrenNamed(cols, 'col'))
  const column = columns.find(
    ({ attributes }) => Number(attributes.min) <= at.column && Number(attributes.max) >= at.column,
  )
  const style = row.attributes.customFormat ? row.attributes.s : column?.attributes.style
  return inserted(row, own, at.column, { r: nameOfPlace(at), ...(style !== undefined && { s: style }) })
}

function setValue(cell: XmlElement, value: CellValue): void {
  const kept = cell.children.filter((node) => node.type !== 'element' || !/^(?:v|is)$/.test(localName(node)))
  delete cell.attributes.t
  cell.children = kept
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is no value of a cell`)
    cell.children.unshift(elementLike(cell, 'v', {}, [textNode(String(value))]))
  } else if (value !== null) {
    // A text of its own: whatever it begins with, it is no formula.
    cell.attributes.t = 'inlineStr'
    const text = elementLike(cell, 't', { 'xml:space': 'preserve' }, [textNode(escaped(value))])
    cell.children.unshift(elementLike(cell, 'is', {}, [text]))
  }
}
const textNode = (value: string): XmlNode => ({ type: 'text', value })

/** The longest text of a cell. */
const TEXT_MAX = 32_767
/** `_x0041_` in a text would be read as a character code. */
const escaped = (text: string): string =>
  text
    .slice(0, TEXT_MAX)
    .replaceAll(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_')
    .toWellFormed()

/** Removes the last results of formulas; true when there were formulas. */
export function forgetResults({ root }: XmlDocument): boolean {
  let has = false
  for (const row of childrenNamed(childNamed(root, 'sheetData') ?? root, 'row'))
    for (const cell of childrenNamed(row, 'c')) {
      if (!childNamed(cell, 'f')) continue
      has = true
      cell.children = cell.children.filter((node) => node.type !== 'element' || localName(node) !== 'v')
      delete cell.attributes.t
    }
  return has
}
