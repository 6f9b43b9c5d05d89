// Shows the explanation of an indicator in a card.

import { Card, Spin } from 'antd'
import type { Month } from '../../../domain/calendar.ts'
import type { ExplainView } from '../../../domain/view/explain.ts'
import { useResource, withQuery } from '../api/resource.ts'
import type { WhyRoute } from '../frame/route.ts'
import { useLanguage } from '../words/language.tsx'
import { ExplainChain } from './explain-chain.tsx'
import { explainFiles } from './files-explain.ts'
import { ProblemNotice } from './marks.tsx'
import { SaveTables } from './save-tables.tsx'

/** Loads the explanation and shows its chain. */
export function Why({ of, id, indicator, table, month, routeMonth }: WhyProps) {
  const speech = useLanguage()
  const { text } = speech
  const path = `${of === 'area' ? 'areas' : 'institutions'}/${encodeURIComponent(id)}/explain`
  const explained = useResource<ExplainView>(withQuery(path, { indicator, table, month, limit: LIMIT }))
  return (
    <Card
      title={`${text.why} · ${month}`}
      extra={<SaveTables tables={explained.data ? explainFiles(explained.data, speech) : []} />}
      data-testid="why"
    >
      <ProblemNotice of={explained} />
      {explained.data ? (
        <ExplainChain view={explained.data} routeMonth={routeMonth} />
      ) : (
        !explained.problem && <Spin className="waiting" description={text.loading} />
      )}
    </Card>
  )
}

export type WhyProps = Omit<WhyRoute, 'page' | 'month'> & { month: Month; routeMonth: Month | null }

/** The API's largest page of parts or meters. */
export const LIMIT = 500
