// Lets a person take an alert in hand: acknowledge, comment, assign, and stop reminders for some days.

import { Card, Input, Select } from 'antd'
import { useState } from 'react'
import { DAY_MS } from '../../../domain/calendar.ts'
import type { AlertDetailView } from '../../../domain/view/alert.ts'
import { mayDo, useSession } from '../api/session.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { type AdminAction, AdminField, AdminForm } from './admin-form.tsx'

/** Days for which reminders may stop; the API allows 90 at most. */
const SNOOZE_DAYS = [1, 3, 7, 30, 90]

export function AlertActions({ alert, done }: { alert: AlertDetailView; done: () => void }) {
  const { text } = useLanguage()
  const words = text.manage
  const session = useSession()
  const [assignee, setAssignee] = useState('')
  const [days, setDays] = useState(3)
  const path = `alerts/${encodeURIComponent(alert.id)}`
  const remark = `${path}/remark`
  const name = assignee.trim()
  const acknowledge: AdminAction = {
    ...{ key: 'ack', needs: 'acknowledge', label: text.acknowledge, path: `${path}/ack` },
    body: ({ name: by, note }) => ({ by, note }),
  }
  const comment: AdminAction = {
    ...{ key: 'comment', needs: 'acknowledge', label: words.comment, path: remark },
    missing: ({ note }) => (note === undefined ? words.needComment : undefined),
    body: ({ name: by, note }) => ({ by, note }),
  }
  const assign: AdminAction = {
    ...{ key: 'assign', needs: 'acknowledge', label: words.assign, path: remark },
    missing: () => (name === '' ? words.needAssignee : undefined),
    body: ({ name: by, note }) => ({ by, note, assignee: name }),
  }
  const snooze: AdminAction = {
    ...{ key: 'snooze', needs: 'acknowledge', label: words.snooze, path: remark, hint: words.snoozeHint },
    // A minute less, so that the clocks of page and host may differ a little.
    body: ({ name: by, note }) => ({ by, note, snoozedUntil: String(Date.now() + days * DAY_MS - 60_000) }),
  }
  const isRaised = alert.state === 'raised'
  // A visitor is offered to sign in.
  if (session.state !== 'none' && !mayDo(session, 'acknowledge')) return null
  return (
    <Card title={words.takeInHand} className="screen-only" data-testid="alert-actions">
      {session.state !== 'none' && <p className="note">{isRaised ? text.acknowledgeHint : words.inHandHint}</p>}
      <AdminForm<AlertDetailView>
        key={alert.state}
        actions={[...(isRaised ? [acknowledge] : []), comment, assign, snooze]}
        remarkLabel={words.remark}
        done={() => {
          setAssignee('')
          done()
        }}
      >
        <AdminField label={words.assignTo}>
          {(id) => (
            <Input
              id={id}
              value={assignee}
              maxLength={100}
              onChange={({ target }) => setAssignee(target.value)}
              data-testid="assignee"
            />
          )}
        </AdminField>
        <AdminField label={words.snoozeFor}>
          {(id) => (
            <Select
              id={id}
              value={days}
              options={SNOOZE_DAYS.map((value) => ({ value, label: words.days(formatNumber(value, 0)) }))}
              onChange={setDays}
            />
          )}
        </AdminField>
      </AdminForm>
    </Card>
  )
}
