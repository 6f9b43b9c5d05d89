// Lets an official set the thresholds of the checks for an area: dated rows with their source, which hold for the area
// and those below (docs/rules/report.md#checks). Reference prices and the base year are set over the API.

import { Card, Input, type TableColumnsType } from 'antd'
import { useState } from 'react'
import type * as z from 'zod'
import type { CheckThreshold, CheckThresholdRow } from '../../../domain/report/check-settings.ts'
import type { checkSettingsViewSchema } from '../../../domain/report/view.ts'
import { keysOf } from '../../../domain/table.ts'
import { useResource } from '../api/resource.ts'
import { useMay } from '../api/session.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { AdminForm } from './admin-form.tsx'
import { DataTable } from './data-table.tsx'
import { ProblemNotice } from './marks.tsx'

type CheckSettingsView = z.output<typeof checkSettingsViewSchema>
interface ThresholdLine {
  threshold: CheckThreshold
  held: string
  source: string
}

export function ReportThresholds({ area, today }: { area: string; today: string }) {
  const { text } = useLanguage()
  const settings = useResource<CheckSettingsView>('settings/report-checks')
  return (
    <Card title={text.report.thresholds} data-testid="report-thresholds">
      <ProblemNotice of={settings} />
      {settings.data && (
        <Thresholds key={settings.data.version} {...{ area, today }} settings={settings.data} saved={settings.reload} />
      )}
    </Card>
  )
}

interface Props {
  area: string
  /** Local date: from when a new row holds, unless another is said. */
  today: string
  settings: CheckSettingsView
  saved: () => void
}

const percentOf = (value: number): string => String(Math.round(value * 1e6) / 1e4)

function Thresholds({ area, today, settings, saved }: Props) {
  const { text } = useLanguage()
  const maySet = useMay('checkSettings')
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [validFrom, setValidFrom] = useState(today)
  const [source, setSource] = useState('')
  const ownRow = (threshold: CheckThreshold): CheckThresholdRow | undefined =>
    settings.thresholds
      .filter((row) => row.threshold === threshold && row.area === area && row.validFrom <= today)
      .toSorted((a, b) => b.validFrom.localeCompare(a.validFrom))[0]
  const lines = keysOf(settings.shipped).map((threshold): ThresholdLine => {
    const row = ownRow(threshold) ?? settings.shipped[threshold]
    return { threshold, held: percentOf(row.value), source: row.source }
  })
  const added = lines.flatMap(({ threshold }): CheckThresholdRow[] => {
    const value = Number(typed[threshold]?.trim() || Number.NaN) / 100
    if (!(value > 0)) return []
    return [{ threshold, value, area, validFrom, source: source.trim(), certainty: 'supplied' }]
  })
  const isReplaced = (row: CheckThresholdRow): boolean =>
    added.some((one) => one.threshold === row.threshold && one.area === row.area && one.validFrom === row.validFrom)
  const columns: TableColumnsType<ThresholdLine> = [
    { title: text.rule, key: 'rule', rowScope: 'row', render: (_, row) => text.report.thresholdNames[row.threshold] },
    { title: text.report.thresholdHeld, dataIndex: 'held', align: 'right', render: (value) => `${value} %` },
    {
      title: text.report.thresholdSource,
      dataIndex: 'source',
      className: 'wrapped',
      render: (source) => <SourceText>{source}</SourceText>,
    },
    {
      hidden: !maySet,
      title: text.report.thresholdNew,
      key: 'new',
      render: (_, { threshold }) => (
        <Input
          size="small"
          suffix="%"
          inputMode="decimal"
          value={typed[threshold] ?? ''}
          aria-label={text.report.thresholdNames[threshold]}
          onChange={({ target }) => setTyped({ ...typed, [threshold]: target.value })}
          data-testid={`threshold-${threshold}`}
        />
      ),
    },
  ]
  return (
    <section>
      {maySet && <p className="note">{text.report.thresholdsHint}</p>}
      <DataTable rowKey="threshold" columns={columns} rows={lines} />
      {added.length > 0 && (
        <>
          <DatedSource {...{ validFrom, setValidFrom, source, setSource }} />
          {source.trim() === '' ? (
            <p className="note">{text.report.needSource}</p>
          ) : (
            <AdminForm<CheckSettingsView>
              actions={[
                {
                  key: 'thresholds',
                  needs: 'checkSettings',
                  label: text.report.saveThresholds,
                  method: 'PUT',
                  path: 'settings/report-checks',
                  body: ({ name: who }) => ({
                    ...{ who, version: settings.version, prices: settings.prices },
                    ...(settings.baseYear !== undefined && { baseYear: settings.baseYear }),
                    thresholds: [...settings.thresholds.filter((row) => !isReplaced(row)), ...added],
                  }),
                },
              ]}
              withoutRemark
              done={saved}
            />
          )}
        </>
      )}
    </section>
  )
}

interface DatedSourceProps {
  validFrom: string
  setValidFrom: (date: string) => void
  source: string
  setSource: (source: string) => void
}

/** From when a new value holds, and where it comes from. */
function DatedSource({ validFrom, setValidFrom, source, setSource }: DatedSourceProps) {
  const { text } = useLanguage()
  return (
    <div className="admin-fields">
      <Input prefix={text.report.validFrom} value={validFrom} onChange={({ target }) => setValidFrom(target.value)} />
      <Input
        prefix={text.report.thresholdSource}
        value={source}
        onChange={({ target }) => setSource(target.value)}
        data-testid="threshold-source"
      />
    </div>
  )
}
