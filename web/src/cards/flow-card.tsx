// Shows the flow of an institution's energy in a month: from what comes in over main meters to sub meters, and what no
// sub meter explains. Energy is drawn in standard coal, water in cubic metres.

import { Card, Radio, Spin } from 'antd'
import { lazy, Suspense, useMemo, useState } from 'react'
import type { Month } from '../../../domain/calendar.ts'
import type { FlowView } from '../../../domain/view/period.ts'
import type { MeterView } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import type { FlowLink } from '../charts/use-charts.tsx'
import { formatAmount, formatNumber, formatUnit, withUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText, useMeterLabel } from '../words/source-text.tsx'
import { REST_MARK, useUseWords } from '../words/use-words.ts'
import { coalOf, flowFile } from './files-use.ts'
import { Nothing, ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

const FlowChart = lazy(async () => ({ default: (await import('../charts/use-charts.tsx')).FlowChart }))

interface Props {
  institution: string
  meters: readonly MeterView[]
  month: Month
}
type FlowRow = FlowView['rows'][number]

export function FlowCard({ institution, meters, month }: Props) {
  const speech = useLanguage()
  const words = useUseWords()
  const { text } = speech
  const labelOf = useMeterLabel()
  const [chosen, choose] = useState<'energy' | 'water'>('energy')
  const found = useResource<FlowView>(withQuery(`institutions/${encodeURIComponent(institution)}/flow`, { month }))
  const { data } = found
  const nameOf = (id: string) => labelOf(meters.find((one) => one.id === id) ?? { id, name: null, purpose: null })
  const hasWater = data?.rows.some(({ medium }) => medium === 'water') ?? false
  const hasEnergy = data?.rows.some(({ medium }) => medium !== 'water') ?? false
  const side = hasEnergy && chosen === 'energy' ? 'energy' : 'water'
  const rows = (data?.rows ?? []).filter(({ medium }) => (medium === 'water') === (side === 'water'))
  const title = words.flow(month)
  return (
    <Card
      title={title}
      extra={
        <div className="filters">
          {hasWater && hasEnergy && (
            <Radio.Group
              size="small"
              optionType="button"
              aria-label={words.medium}
              value={side}
              options={[
                { value: 'energy', label: words.energyFlow },
                { value: 'water', label: words.waterFlow },
              ]}
              onChange={({ target }) => choose(target.value)}
            />
          )}
          <SaveTables
            tables={data && data.rows.length > 0 ? [flowFile(title, data, nameOf, { ...speech, words })] : []}
          />
        </div>
      }
      data-testid="use-flow"
    >
      <ProblemNotice of={found} />
      {!data && !found.problem && <Spin className="waiting" description={text.loading} />}
      {data && <Flow rows={rows} view={data} nameOf={nameOf} />}
    </Card>
  )
}

function Flow({ rows, view, nameOf }: { rows: FlowRow[]; view: FlowView; nameOf: (id: string) => string }) {
  const { text } = useLanguage()
  const words = useUseWords()
  const unit = rows.some(({ kgcePerUnit }) => kgcePerUnit !== null) ? 'kgce' : 'm³'
  const { names, links } = useMemo(() => {
    const media = text.media
    return linksOf(rows, { nameOf, restOf: words.rest, mediumName: (medium) => media[medium] })
  }, [rows, nameOf, words, text])
  const isOver = rows.some(({ rest }) => rest !== null && rest < 0)
  if (links.length === 0) return <Nothing>{words.noFlow}</Nothing>
  const said = links
    .map(({ from, to, amount }) => `${names.get(from)} → ${names.get(to)} ${withUnit(formatAmount(amount), unit)}`)
    .join('; ')
  return (
    <>
      <Suspense fallback={<div className="chart chart-flow" />}>
        <FlowChart names={names} links={links} unit={unit} said={`${words.flow(view.month)}. ${said}`} />
      </Suspense>
      {isOver && <p className="figure-bad">{words.overSubs}</p>}
      <FlowTable rows={rows} hoursExpected={view.hoursExpected} nameOf={nameOf} />
      <p className="note">
        <SourceText>{words.flowNote(view.coefficientSet)}</SourceText>
      </p>
    </>
  )
}

/** What a row adds to the chart: energy in standard coal, water in its own unit. */
const drawn = ({ kgcePerUnit }: FlowRow, amount: number | null): number | null =>
  kgcePerUnit === null ? amount : coalOf(amount, kgcePerUnit)

function linksOf(
  rows: readonly FlowRow[],
  say: { nameOf: (id: string) => string; restOf: string; mediumName: (medium: FlowRow['medium']) => string },
): { names: Map<string, string>; links: FlowLink[] } {
  const names = new Map<string, string>()
  const links: FlowLink[] = []
  const add = (from: string, to: string, amount: number | null): void => {
    if (amount !== null && amount > 0) links.push({ from, to, amount })
  }
  for (const row of rows) {
    names.set(row.meter, say.nameOf(row.meter))
    const amount = drawn(row, row.amount)
    if (row.parent === null) {
      const source = `medium ${row.medium}`
      names.set(source, say.mediumName(row.medium))
      add(source, row.meter, amount)
    } else if (row.role === 'generation') add(row.meter, row.parent, amount)
    else add(row.parent, row.meter, amount)
    if (row.rest === null) continue
    names.set(`${row.meter}${REST_MARK}`, say.restOf)
    add(row.meter, `${row.meter}${REST_MARK}`, drawn(row, row.rest))
  }
  return { names, links }
}

interface TableProps {
  rows: readonly FlowRow[]
  hoursExpected: number
  nameOf: (id: string) => string
}

function FlowTable({ rows, hoursExpected, nameOf }: TableProps) {
  const { text, language } = useLanguage()
  const words = useUseWords()
  return (
    <details>
      <summary>{text.asTable}</summary>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{text.meter}</th>
            <th scope="col">{words.behind}</th>
            <th scope="col">{words.amount}</th>
            <th scope="col">{words.rest}</th>
            <th scope="col">{words.inCoal} (kgce)</th>
            <th scope="col">{text.knownHours}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.meter}>
              <th scope="row">{nameOf(row.meter)}</th>
              <td>{row.parent === null ? text.media[row.medium] : nameOf(row.parent)}</td>
              <td>{withUnit(formatAmount(row.amount), formatUnit(row.unit, language))}</td>
              <td>{withUnit(formatAmount(row.rest), formatUnit(row.unit, language))}</td>
              <td>{formatAmount(coalOf(row.amount, row.kgcePerUnit))}</td>
              <td>
                {formatNumber(row.hoursKnown, 0)} / {formatNumber(hoursExpected, 0)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
