// Shows the shared parts of lists: a filter, and the foot that states the number of rows and loads more.

import { Button, Select } from 'antd'
import type { Page } from '../../../domain/view/view.ts'
import type { Pages } from '../api/pages.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { ProblemNotice } from './marks.tsx'

interface FilterProps {
  name: string
  /** Label for no filter. */
  any: string
  labels: Record<string, string>
  value: string | null
  set: (value: string | null) => void
}

export function Filter({ name, any, labels, value, set }: FilterProps) {
  const options = [{ value: '', label: any }, ...Object.entries(labels).map(([value, label]) => ({ value, label }))]
  return (
    <Select
      className="filter"
      aria-label={name}
      value={value ?? ''}
      options={options}
      onChange={(chosen) => set(chosen === '' ? null : chosen)}
    />
  )
}

/** The foot does not count lists of up to this many rows. */
const SHORT = 9

/** The foot of a list, or its problem. */
export function MorePages({ pages: { rows, next, problem, loading, more } }: { pages: Pages<Page<unknown>> }) {
  const { text } = useLanguage()
  return (
    <div className="more">
      {problem && <ProblemNotice of={{ data: null, problem, reload: more }} />}
      {(next || rows.length > SHORT) && <span className="faint">{text.shown(formatNumber(rows.length, 0))}</span>}
      {next && !problem && (
        <Button onClick={more} loading={loading} data-testid="load-more">
          {text.loadMore}
        </Button>
      )}
      {next && <span className="print-only">{text.saving.printedPart(formatNumber(rows.length, 0))}</span>}
    </div>
  )
}
