// Shows the alert of a message's link, and a button that acknowledges it. Nobody signs in: the key of the link goes to
// the API. It stands behind the `#`, so that no server on the way, and no log, sees it.

import { Alert, Button, Card, Descriptions, Spin } from 'antd'
import { useState } from 'react'
import type { AckLinkView } from '../../../domain/view/alert.ts'
import { type LoadProblem, problemOf, sendJson, useResource, withQuery } from '../api/resource.ts'
import { ProblemNotice, SeverityTag } from '../cards/marks.tsx'
import { type AcknowledgeRoute, alertRoute, formatRoute } from '../frame/route.ts'
import { useTitle } from '../frame/title.ts'
import { formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { useLinkWords } from '../words/link-words.ts'
import { SourceText } from '../words/source-text.tsx'

export function AcknowledgePage({ route: { id, key } }: { route: AcknowledgeRoute }) {
  const { text } = useLanguage()
  const words = useLinkWords()
  const path = `acknowledgements/${encodeURIComponent(id)}`
  const resource = useResource<AckLinkView>(withQuery(path, { key }))
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<LoadProblem | null>(null)
  useTitle(words.title)
  const acknowledge = async () => {
    setBusy(true)
    setRefusal(null)
    try {
      await sendJson<AckLinkView>('POST', path, { key })
      resource.reload()
    } catch (error) {
      setRefusal(problemOf(error))
    } finally {
      setBusy(false)
    }
  }
  const view = resource.data
  return (
    <div className="door">
      <h1>{words.title}</h1>
      <ProblemNotice of={resource} />
      {!view && !resource.problem && <Spin className="waiting" description={text.loading} />}
      {view && (
        <Card data-testid="acknowledge">
          <AlertText view={view} />
          {refusal && <ProblemNotice of={{ data: null, problem: refusal, reload: acknowledge }} />}
          {view.alert.state === 'raised' ? (
            <>
              <p className="note">{words.hint}</p>
              <Button
                type="primary"
                block
                size="large"
                loading={busy}
                onClick={acknowledge}
                data-testid="acknowledge-send"
              >
                {words.acknowledge(view.recipient)}
              </Button>
              <p className="faint">{words.until(formatTime(view.expiresMs))}</p>
            </>
          ) : (
            <Outcome view={view} />
          )}
          <p>
            <a href={formatRoute(alertRoute(id, null))}>{words.details}</a>
          </p>
        </Card>
      )}
    </div>
  )
}

function AlertText({ view: { alert } }: { view: AckLinkView }) {
  const { text, language } = useLanguage()
  const { name, measured, against, clause } = alert.text[language]
  const items = [
    { key: 'where', label: text.where, children: <SourceText>{alert.where[language]}</SourceText> },
    { key: 'measured', label: text.measured, children: <strong>{measured}</strong> },
    { key: 'against', label: text.against, children: <SourceText>{against}</SourceText> },
    { key: 'clause', label: text.clause, children: <SourceText>{clause}</SourceText> },
    { key: 'raised', label: text.raisedAt, children: formatTime(alert.raisedMs ?? alert.sinceMs) },
  ]
  return (
    <>
      <h2 className="card-part">
        <SeverityTag severity={alert.severity} /> {name}
      </h2>
      <Descriptions size="small" column={1} items={items} />
    </>
  )
}

function Outcome({ view: { alert, acknowledgedBy } }: { view: AckLinkView }) {
  const words = useLinkWords()
  const isCleared = alert.state === 'cleared'
  const by =
    acknowledgedBy !== null && alert.acknowledgedMs !== null
      ? words.doneBy(acknowledgedBy, formatTime(alert.acknowledgedMs))
      : undefined
  return (
    <Alert
      type="success"
      showIcon
      title={isCleared ? words.cleared : words.done}
      description={by}
      role="status"
      data-testid="acknowledged"
    />
  )
}
