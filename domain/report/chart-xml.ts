// Writes the chart of a table as DrawingML: clustered columns over the rows, or points and lines. It stands below a
// short table and beside a long one. It refers to the cells, so it shows what stands there. The XLSX library cannot
// write charts into sheets of ours (decision 0027).

import { must } from '../must.ts'
import type { ReportTable } from './document.ts'
import { escapeXml } from './escape.ts'
import { SHEET_HEAD_ROWS, sheetColumn, sheetNameOf } from './trace.ts'

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships'
const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006'

/** Rows of the sheet that the chart covers, and how many stay free above it. */
const CHART_ROWS = { free: 1, high: 18 } as const
const CHART_COLUMNS = 12
/** A table with more rows has its chart at its side: below it a page would end within the chart. */
const ROWS_ABOVE_MAX = 20
/** Below fewer columns a chart is too narrow for its words. */
const COLUMNS_ABOVE_MIN = 4
/** Columns at the side, of the usual width. */
const BESIDE_COLUMNS = 10
/** The first series is the present, the second what it is compared with. */
const COLOURS = ['2F5597', 'A6A6A6'] as const
/** Of points and lines, in their order. */
const LINE_COLOURS = ['1554AD', 'AD4E00', 'A8071A', '3F6600', '722ED1', '595959'] as const
const AXES = { category: 1, value: 2 } as const

/** `n`: number of the sheet, from 1; its drawing and chart have the same. Empty for a table without a chart. */
export const chartParts = (table: ReportTable, n: number): { name: string; text: string[] }[] =>
  table.chart && table.rows.length > 0
    ? [
        {
          name: `xl/worksheets/_rels/sheet${n}.xml.rels`,
          text: [relation('drawing', `../drawings/drawing${n}.xml`)],
        },
        { name: `xl/drawings/drawing${n}.xml`, text: [drawingXml(table)] },
        { name: `xl/drawings/_rels/drawing${n}.xml.rels`, text: [relation('chart', `../charts/chart${n}.xml`)] },
        { name: `xl/charts/chart${n}.xml`, text: [chartXml(table, table.chart)] },
      ]
    : []

export const chartContentTypes = (table: ReportTable, n: number): string =>
  chartParts(table, n).length === 0
    ? ''
    : `<Override PartName="/xl/drawings/drawing${n}.xml" ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/><Override PartName="/xl/charts/chart${n}.xml" ContentType="application/vnd.openxmlformats-officedocument.drawingml.chart+xml"/>`

/** What stands in the sheet for its chart. */
export const chartReference = (table: ReportTable): string =>
  table.chart && table.rows.length > 0 ? `<drawing xmlns:r="${OFFICE}" r:id="rId1"/>` : ''

const relation = (type: string, target: string): string =>
  `${HEAD}<Relationships xmlns="${PACKAGE}"><Relationship Id="rId1" Type="${OFFICE}/${type}" Target="${target}"/></Relationships>`

/** Rows below the table, and columns at its side, that its chart takes. */
export function chartRoom(table: ReportTable): { rows: number; columns: number } {
  if (!table.chart || table.rows.length === 0) return { rows: 0, columns: 0 }
  if (table.rows.length > ROWS_ABOVE_MAX || table.columns.length < COLUMNS_ABOVE_MIN)
    return { rows: 0, columns: BESIDE_COLUMNS }
  return { rows: CHART_ROWS.free + CHART_ROWS.high, columns: 0 }
}

function drawingXml(table: ReportTable): string {
  const { rows, columns } = table
  const isBeside = chartRoom(table).columns > 0
  const first = isBeside ? SHEET_HEAD_ROWS : SHEET_HEAD_ROWS + rows.length + CHART_ROWS.free
  const left = isBeside ? columns.length : 0
  const corner = (column: number, row: number): string =>
    `<xdr:col>${column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>${row}</xdr:row><xdr:rowOff>0</xdr:rowOff>`
  const right = left + (isBeside ? BESIDE_COLUMNS : Math.min(CHART_COLUMNS, columns.length))
  return `${HEAD}<xdr:wsDr xmlns:xdr="${DRAWING}/spreadsheetDrawing" xmlns:a="${DRAWING}/main"><xdr:twoCellAnchor><xdr:from>${corner(left, first)}</xdr:from><xdr:to>${corner(right, first + CHART_ROWS.high)}</xdr:to><xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="Chart"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic><a:graphicData uri="${DRAWING}/chart"><c:chart xmlns:c="${DRAWING}/chart" xmlns:r="${OFFICE}" r:id="rId1"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>`
}

type Chart = NonNullable<ReportTable['chart']>

const text = (value: string, size: number): string =>
  `<c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="${size}"/></a:pPr><a:r><a:rPr lang="zh-CN" sz="${size}"/><a:t>${escapeXml(value)}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/>`
const solid = (colour: string): string => `<a:solidFill><a:srgbClr val="${colour}"/></a:solidFill>`
const NO_LINE = '<a:ln><a:noFill/></a:ln>'

function chartXml(table: ReportTable, chart: Chart): string {
  const { columns, rows } = table
  const { category, series, title, kind, lines = [] } = chart
  const placeOf = (id: string): number => columns.findIndex((column) => column.id === id)
  const columnOf = (id: string) => must(columns[placeOf(id)])
  const sheet = `'${sheetNameOf(table).replaceAll("'", "''")}'`
  const range = (id: string): string => {
    const letter = sheetColumn(placeOf(id))
    return escapeXml(`${sheet}!$${letter}$${SHEET_HEAD_ROWS + 1}:$${letter}$${SHEET_HEAD_ROWS + rows.length}`)
  }
  const isByNumber = kind === 'points' && columnOf(category).format !== 'text'
  const drawn = series.map((id, order) => {
    const name = `<c:idx val="${order}"/><c:order val="${order}"/><c:tx><c:v>${escapeXml(columnOf(id).title.zh)}</c:v></c:tx>`
    const [across, up] = isByNumber ? ['xVal', 'yVal'] : ['cat', 'val']
    const places = isByNumber ? 'numRef' : 'strRef'
    const data = `<c:${across}><c:${places}><c:f>${range(category)}</c:f></c:${places}></c:${across}><c:${up}><c:numRef><c:f>${range(id)}</c:f></c:numRef></c:${up}>`
    if (kind === undefined) {
      const colour = COLOURS[order % COLOURS.length]
      return `<c:ser>${name}<c:spPr>${solid(String(colour))}</c:spPr><c:invertIfNegative val="0"/>${data}</c:ser>`
    }
    const style = lines.includes(id) ? lineStyle(order) : dotStyle(order)
    return `<c:ser>${name}${style}${data}<c:smooth val="0"/></c:ser>`
  })
  const isPositive = rows.every(({ cells }) => series.every((id) => Number(cells[placeOf(id)] ?? 0) >= 0))
  // Columns that begin above zero would show a small difference as a large one.
  const least = isPositive && kind === undefined ? '<c:min val="0"/>' : ''
  const titled = (value: string): string => (value ? `<c:title>${text(value, 900)}</c:title>` : '')
  const plain = '<c:numFmt formatCode="General" sourceLinked="0"/>'
  const values = `<c:majorGridlines><c:spPr><a:ln w="6350">${solid('D9D9D9')}</a:ln></c:spPr></c:majorGridlines>${titled(columnOf(must(series[0])).unit)}${plain}`
  const below = isByNumber ? `${titled(columnOf(category).unit)}${plain}` : ''
  // Names stay at the foot where values fall below zero.
  const axes = `${axis({ kind: isByNumber ? 'valAx' : 'catAx', side: 'b', more: `${below}<c:tickLblPos val="low"/>` })}${axis({ kind: 'valAx', side: 'l', more: `${values}<c:tickLblPos val="low"/>`, least })}`
  const legend = series.length > 1 ? '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>' : ''
  return `${HEAD}<c:chartSpace xmlns:c="${DRAWING}/chart" xmlns:a="${DRAWING}/main" xmlns:r="${OFFICE}"><c:roundedCorners val="0"/><c:chart><c:title>${text(title.zh, 1200)}</c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>${plotOf({ kind, isByNumber, drawn: drawn.join('') })}${axes}</c:plotArea>${legend}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart></c:chartSpace>`
}

const AXIS_IDS = `<c:axId val="${AXES.category}"/><c:axId val="${AXES.value}"/>`

function plotOf({ kind, isByNumber, drawn }: { kind: Chart['kind']; isByNumber: boolean; drawn: string }): string {
  if (kind === undefined)
    return `<c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>${drawn}<c:gapWidth val="80"/>${AXIS_IDS}</c:barChart>`
  if (isByNumber)
    return `<c:scatterChart><c:scatterStyle val="lineMarker"/><c:varyColors val="0"/>${drawn}${AXIS_IDS}</c:scatterChart>`
  return `<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>${drawn}<c:marker val="1"/>${AXIS_IDS}</c:lineChart>`
}

const lineColour = (order: number): string => LINE_COLOURS[order % LINE_COLOURS.length] ?? LINE_COLOURS[0]
const lineStyle = (order: number): string =>
  `<c:spPr><a:ln w="19050">${solid(lineColour(order))}</a:ln></c:spPr><c:marker><c:symbol val="none"/></c:marker>`
const dotStyle = (order: number): string =>
  `<c:spPr>${NO_LINE}</c:spPr><c:marker><c:symbol val="circle"/><c:size val="3"/><c:spPr>${solid(lineColour(order))}${NO_LINE}</c:spPr></c:marker>`

function axis(given: { kind: 'catAx' | 'valAx'; side: 'b' | 'l'; more: string; least?: string }): string {
  const { kind, side, more, least = '' } = given
  const [own, cross] = side === 'b' ? [AXES.category, AXES.value] : [AXES.value, AXES.category]
  return `<c:${kind}><c:axId val="${own}"/><c:scaling><c:orientation val="minMax"/>${least}</c:scaling><c:delete val="0"/><c:axPos val="${side}"/>${more}<c:crossAx val="${cross}"/></c:${kind}>`
}
