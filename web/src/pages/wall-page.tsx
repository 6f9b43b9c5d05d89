// The overview for a meeting room (大屏): at 16:9, readable from five metres. It turns from the province to its
// cities and refreshes by itself.

import { Button } from 'antd'
import { useEffect, useState } from 'react'
import { monthOf } from '../../../domain/calendar.ts'
import { SEVERITIES } from '../../../domain/phrase.ts'
import type { AlertListView } from '../../../domain/view/alert.ts'
import type { AreaStatusView } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { SeverityTag, StatusTag } from '../cards/marks.tsx'
import { MapCard } from '../cards/overview-cards.tsx'
import { Gauge } from '../cards/overview-head.tsx'
import { TrendCard } from '../cards/trend-card.tsx'
import { areaRoute, formatRoute } from '../frame/route.ts'
import { useTitle } from '../frame/title.ts'
import { formatNumber, formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { verdictWords } from '../words/verdict-words.ts'

/** How long an area is shown. */
const TURN_MS = 15_000

export function WallPage({ root }: { root: string | null }) {
  const { text } = useLanguage()
  useTitle(text.work.wall)
  if (root === null) return <p>{text.work.noMapData}</p>
  return <Wall root={root} />
}

function Wall({ root }: { root: string }) {
  const { text, nameOf } = useLanguage()
  const month = monthOf(Date.now())
  const top = useResource<AreaStatusView>(withQuery(`areas/${encodeURIComponent(root)}/status`, { month }))
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setTurn((last) => last + 1), TURN_MS)
    return () => clearInterval(timer)
  }, [])
  if (!top.data) return null
  const { area, dualControl, children } = top.data
  const shown = [{ code: area.code, name: area.name, nameEn: area.nameEn, dualControl }, ...children]
  const one = shown[turn % shown.length] ?? shown[0]
  if (!one) return null
  return (
    <div className="wall" data-testid="wall">
      <div className="wall-head">
        <h1>{nameOf(one)}</h1>
        {one.dualControl?.status && <StatusTag status={one.dualControl.status} />}
        <span>{one.dualControl ? verdictWords(one.dualControl, text) : text.notJudged}</span>
        <span className="wall-clock">{formatTime(one.dualControl?.asOfMs)}</span>
        <Button size="small" href={formatRoute(areaRoute(null, null))}>
          {text.work.leaveWall}
        </Button>
      </div>
      <div className="gauges">
        {(one.dualControl?.indicators ?? []).map((row) => (
          <Gauge key={row.indicator} row={row} />
        ))}
      </div>
      <div className="wall-row">
        <MapCard rows={children} routeMonth={null} />
        <TrendCard
          key={one.code}
          subject={`areas/${encodeURIComponent(one.code)}`}
          month={month}
          dualControl={one.dualControl}
        />
        <Weights code={one.code} />
      </div>
    </div>
  )
}

function Weights({ code }: { code: string }) {
  const { text } = useLanguage()
  const counts = useResource<AlertListView>(withQuery('alerts', { area: code, limit: 1 })).data?.severities ?? {}
  return (
    <div className="wall-weights">
      <div>{text.work.openByWeight}</div>
      {SEVERITIES.toReversed().map((severity) => (
        <div key={severity}>
          <SeverityTag severity={severity} /> <strong>{formatNumber(counts[severity] ?? 0, 0)}</strong>
        </div>
      ))}
    </div>
  )
}
