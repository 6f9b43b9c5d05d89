// Shows how much of an explained number is known, before it is judged: the share and its limits, and month by month
// what is known and what is probably missing (docs/rules/data.md#known-share).

import type { TableColumnsType } from 'antd'
import type { ExplainedMonth, ExplainView } from '../../../domain/view/explain.ts'
import { formatAmount, formatCoverage, formatIndicatorUnit, formatNumber, UNKNOWN, withUnit } from '../words/format.ts'
import { knownPartWords } from '../words/known-words.ts'
import { useLanguage } from '../words/language.tsx'
import { DataTable } from './data-table.tsx'
import { type ExplainSums, probablyMissing } from './explain-sums.ts'
import { FigureHead } from './marks.tsx'

export function ExplainKnown({ view, sums }: { view: ExplainView; sums: ExplainSums }) {
  const { text, language } = useLanguage()
  const { knownShare, knownPart, limits } = view
  const part = withUnit(formatAmount(knownPart), formatIndicatorUnit(view, language))
  const known = { knownShare, knownPart, reason: null, provisional: false }
  const missing = probablyMissing({ numerator: sums.numerator, knownShare })
  return (
    <>
      <p data-testid="explain-known">
        <strong>{knownPartWords(known, part, text) ?? text.reasons.noData}</strong> · {text[outcomeOf(view)]}
        {missing !== null && missing > 0 && (
          <span className="faint">
            {' '}
            · {text.probablyMissing} {withUnit(formatNumber(missing, 0), sums.numeratorUnit)}
          </span>
        )}
      </p>
      <p className="faint">{text.knownLimits(formatShare(limits.judgedFrom), formatShare(limits.sureFrom))}</p>
      {view.months.length > 0 && <KnownMonths view={view} sums={sums} />}
      <p className="note">{text.knownStepNote}</p>
    </>
  )
}

const formatShare = (share: number): string => `${formatNumber(share * 100, 0)}%`

function outcomeOf({ why, knownShare, limits }: ExplainView) {
  if (why !== null || knownShare === null) return 'knownTooLittle'
  return knownShare < limits.sureFrom ? 'knownProvisional' : 'knownEnough'
}

function KnownMonths({ view, sums }: { view: ExplainView; sums: ExplainSums }) {
  const { text } = useLanguage()
  const columns: TableColumnsType<ExplainedMonth> = [
    { title: text.monthRow, dataIndex: 'month', key: 'month', rowScope: 'row' },
    {
      title: text.coverage,
      key: 'knownShare',
      align: 'right',
      render: (_, { knownShare }) => formatCoverage(knownShare),
    },
    {
      title: <FigureHead label={text.knownAmount} unit={sums.numeratorUnit} />,
      key: 'known',
      align: 'right',
      render: (_, { numerator }) => formatNumber(numerator, 0),
    },
    {
      title: <FigureHead label={text.probablyMissing} unit={sums.numeratorUnit} />,
      key: 'missing',
      align: 'right',
      render: (_, month) => formatNumber(probablyMissing(month), 0),
    },
    {
      title: text.knownHours,
      key: 'hours',
      align: 'right',
      render: (_, { hoursKnown, hoursExpected }) =>
        hoursExpected > 0 ? `${formatNumber(hoursKnown, 0)} / ${formatNumber(hoursExpected, 0)}` : UNKNOWN,
    },
  ]
  return <DataTable rowKey="month" columns={columns} rows={view.months} />
}
