// Shows for how many days cleared alerts and finished notifications are kept, and lets an administrator set it.

import { Card, Input } from 'antd'
import { useState } from 'react'
import type { Retention } from '../../../domain/notify/retention.ts'
import { useResource } from '../api/resource.ts'
import { useMay } from '../api/session.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { formatNumber } from '../words/format.ts'
import { AdminField, AdminForm } from './admin-form.tsx'
import { ProblemNotice } from './marks.tsx'

export function RetentionCard() {
  const words = useAdminWords()
  const found = useResource<Retention>('settings/retention')
  const maySet = useMay('operate')
  return (
    <Card title={words.views.retention} data-testid="retention">
      <ProblemNotice of={found} />
      {found.data && (
        <ul className="plain-list">
          <li>
            {words.alertDays}: <strong>{formatNumber(found.data.alertDays, 0)}</strong>
          </li>
          <li>
            {words.notificationDays}: <strong>{formatNumber(found.data.notificationDays, 0)}</strong>
          </li>
        </ul>
      )}
      <p className="note">{words.keptForever}</p>
      {found.data && maySet && (
        <RetentionForm key={JSON.stringify(found.data)} held={found.data} saved={found.reload} />
      )}
    </Card>
  )
}

function RetentionForm({ held, saved }: { held: Retention; saved: () => void }) {
  const words = useAdminWords()
  const [typed, setTyped] = useState({
    alertDays: String(held.alertDays),
    notificationDays: String(held.notificationDays),
  })
  const field = (name: keyof typeof typed) => (
    <AdminField label={words[name]}>
      {(id) => (
        <Input
          id={id}
          inputMode="numeric"
          value={typed[name]}
          onChange={({ target }) => setTyped({ ...typed, [name]: target.value })}
          data-testid={`retention-${name}`}
        />
      )}
    </AdminField>
  )
  return (
    <section className="screen-only">
      <AdminForm<Retention>
        actions={[
          {
            ...{ key: 'retention', needs: 'operate', label: words.save, method: 'PUT', path: 'settings/retention' },
            body: () => ({
              alertDays: Number(typed.alertDays),
              notificationDays: Number(typed.notificationDays),
            }),
          },
        ]}
        withoutRemark
        done={saved}
      >
        {field('alertDays')}
        {field('notificationDays')}
      </AdminForm>
    </section>
  )
}
