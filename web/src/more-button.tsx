// A list that pages is shown from its start, and asked for again with a higher limit: so it stays one list that is kept
// fresh. Beyond what one answer may hold the button says no more.

import { Button } from 'antd'
import { useState } from 'react'
import { useLanguage } from './language.tsx'

const STEP = 200
/** What the API gives at once. */
const LIMIT_MAX = 500

/** The limit to ask with, and the button that raises it; null when everything, or all that one answer holds, is shown. */
export function useLimit(): { limit: string; moreOf: (next: string | null | undefined) => React.ReactNode } {
  const { text } = useLanguage()
  const [limit, setLimit] = useState(STEP)
  const more = () => setLimit(Math.min(LIMIT_MAX, limit + STEP))
  const moreOf = (next: string | null | undefined) =>
    next && limit < LIMIT_MAX ? <Button onClick={more}>{text.loadMore}</Button> : null
  return { limit: String(limit), moreOf }
}
