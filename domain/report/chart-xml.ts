// Writes the chart of a table as DrawingML: clustered columns over the rows, below the table. It refers to the cells,
// so it shows what stands there. The XLSX library cannot write charts into sheets of ours (decision 0027).

import { must } from '../must.ts'
import type { ReportTable } from './document.ts'
import { escapeXml } from './escape.ts'
import { SHEET_HEAD_ROWS, sheetColumn, sheetNameOf } from './trace.ts'

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships'
const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006'

/** Rows of the sheet that the chart covers, and how many stay free above it. */
export const CHART_ROWS = { free: 1, high: 18 } as const
const CHART_COLUMNS = 12
/** The first series is the present, the second what it is compared with. */
const COLOURS = ['2F5597', 'A6A6A6'] as const
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

function drawingXml({ rows, columns }: ReportTable): string {
  const first = SHEET_HEAD_ROWS + rows.length + CHART_ROWS.free
  const corner = (column: number, row: number): string =>
    `<xdr:col>${column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>${row}</xdr:row><xdr:rowOff>0</xdr:rowOff>`
  const wide = Math.min(CHART_COLUMNS, columns.length)
  return `${HEAD}<xdr:wsDr xmlns:xdr="${DRAWING}/spreadsheetDrawing" xmlns:a="${DRAWING}/main"><xdr:twoCellAnchor><xdr:from>${corner(0, first)}</xdr:from><xdr:to>${corner(wide, first + CHART_ROWS.high)}</xdr:to><xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="Chart"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic><a:graphicData uri="${DRAWING}/chart"><c:chart xmlns:c="${DRAWING}/chart" xmlns:r="${OFFICE}" r:id="rId1"/></a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>`
}

function chartXml(table: ReportTable, { category, series, title }: NonNullable<ReportTable['chart']>): string {
  const { columns, rows } = table
  const placeOf = (id: string): number => columns.findIndex((column) => column.id === id)
  const sheet = `'${sheetNameOf(table).replaceAll("'", "''")}'`
  const range = (id: string): string => {
    const letter = sheetColumn(placeOf(id))
    return escapeXml(`${sheet}!$${letter}$${SHEET_HEAD_ROWS + 1}:$${letter}$${SHEET_HEAD_ROWS + rows.length}`)
  }
  const text = (value: string, size: number): string =>
    `<c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="${size}"/></a:pPr><a:r><a:rPr lang="zh-CN" sz="${size}"/><a:t>${escapeXml(value)}</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/>`
  const unit = must(columns[placeOf(must(series[0]))]).unit
  const bars = series.map((id, order) => {
    const { title: name } = must(columns[placeOf(id)])
    const colour = COLOURS[order % COLOURS.length]
    return `<c:ser><c:idx val="${order}"/><c:order val="${order}"/><c:tx><c:v>${escapeXml(name.zh)}</c:v></c:tx><c:spPr><a:solidFill><a:srgbClr val="${colour}"/></a:solidFill></c:spPr><c:invertIfNegative val="0"/><c:cat><c:strRef><c:f>${range(category)}</c:f></c:strRef></c:cat><c:val><c:numRef><c:f>${range(id)}</c:f></c:numRef></c:val></c:ser>`
  })
  const isPositive = rows.every(({ cells }) => series.every((id) => Number(cells[placeOf(id)] ?? 0) >= 0))
  // Columns that begin above zero would show a small difference as a large one.
  const least = isPositive ? '<c:min val="0"/>' : ''
  const axis = (kind: 'catAx' | 'valAx', own: number, cross: number, more: string): string =>
    `<c:${kind}><c:axId val="${own}"/><c:scaling><c:orientation val="minMax"/>${kind === 'valAx' ? least : ''}</c:scaling><c:delete val="0"/><c:axPos val="${kind === 'catAx' ? 'b' : 'l'}"/>${more}<c:crossAx val="${cross}"/></c:${kind}>`
  const values = `<c:majorGridlines><c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="D9D9D9"/></a:solidFill></a:ln></c:spPr></c:majorGridlines>${unit ? `<c:title>${text(unit, 900)}</c:title>` : ''}<c:numFmt formatCode="General" sourceLinked="0"/>`
  return `${HEAD}<c:chartSpace xmlns:c="${DRAWING}/chart" xmlns:a="${DRAWING}/main" xmlns:r="${OFFICE}"><c:roundedCorners val="0"/><c:chart><c:title>${text(title.zh, 1200)}</c:title><c:autoTitleDeleted val="0"/><c:plotArea><c:layout/><c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>${bars.join('')}<c:gapWidth val="80"/><c:axId val="${AXES.category}"/><c:axId val="${AXES.value}"/></c:barChart>${axis('catAx', AXES.category, AXES.value, '')}${axis('valAx', AXES.value, AXES.category, values)}</c:plotArea>${series.length > 1 ? '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>' : ''}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart></c:chartSpace>`
}
