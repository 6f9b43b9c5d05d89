// Lets an administrator say who is told of alerts, by which channel, and send a test message whose outcome is shown;
// also the address and mail server of sending (docs/operations.md). What is secret is never shown again.

import { Alert, Button, Card, Input, Popconfirm, Select, Space } from 'antd'
import { useState } from 'react'
import type { Channel } from '../../../domain/notify/setting.ts'
import { SEVERITIES, SEVERITY_NAMES } from '../../../domain/phrase.ts'
import type { NotifySettingView, RecipientView, TestOutcomeView } from '../../../domain/view/alert.ts'
import { problemOf, sendJson, useResource } from '../api/resource.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { AdminField, AdminForm } from './admin-form.tsx'
import { DataTable } from './data-table.tsx'
import { Nothing, ProblemNotice } from './marks.tsx'

const TEST_POLL_MS = 1_500

export function ChannelsCard() {
  const words = useAdminWords()
  const { language } = useLanguage()
  const found = useResource<{ items: RecipientView[] }>('settings/recipients')
  const [tested, setTested] = useState<{ id: string; atMs: number } | null>(null)
  const [refused, setRefused] = useState<string | null>(null)
  const act = async (work: () => Promise<unknown>) => {
    setRefused(null)
    try {
      await work()
    } catch (error) {
      const { detail, title } = problemOf(error)
      setRefused(detail ?? title)
    }
    found.reload()
  }
  const pathOf = (id: string) => `settings/recipients/${encodeURIComponent(id)}`
  const test = (id: string) =>
    act(async () => {
      const { atMs } = await sendJson<{ atMs: number }>('POST', `${pathOf(id)}/test`, {})
      setTested({ id, atMs })
    })
  return (
    <>
      <Card title={words.recipients} data-testid="channels">
        <ProblemNotice of={found} />
        {refused !== null && <Alert type="error" showIcon title={<SourceText>{refused}</SourceText>} role="alert" />}
        {tested && <TestOutcome key={tested.atMs} {...tested} />}
        <DataTable<RecipientView>
          rowKey="id"
          rows={found.data?.items ?? []}
          locale={{ emptyText: <Nothing>{words.noRecipients}</Nothing> }}
          columns={[
            { title: words.recipientId, dataIndex: 'id', rowScope: 'row' },
            { title: words.recipientName, dataIndex: 'name', render: (name) => <SourceText>{name}</SourceText> },
            {
              title: words.channel,
              key: 'channels',
              className: 'wrapped',
              render: (_, { channels }) =>
                channels.map(({ type, to }) => `${words.channels[type as Channel['type']]} ${to}`).join('; '),
            },
            {
              title: words.severityMin,
              key: 'severity',
              render: (_, { severityMin }) => SEVERITY_NAMES[severityMin][language],
            },
            { title: words.areas, key: 'areas', render: (_, { areas }) => (areas ?? []).join(', ') },
            {
              title: '',
              key: 'act',
              render: (_, { id }) => (
                <Space className="screen-only">
                  <Button size="small" onClick={() => test(id)} data-testid={`test-${id}`}>
                    {words.test}
                  </Button>
                  <Popconfirm
                    title={words.removeSure(id)}
                    onConfirm={() => act(() => sendJson('DELETE', pathOf(id), {}))}
                  >
                    <Button size="small" danger>
                      {words.remove}
                    </Button>
                  </Popconfirm>
                </Space>
              ),
            },
          ]}
        />
        <RecipientForm saved={found.reload} />
      </Card>
      <Sending />
    </>
  )
}

function TestOutcome({ id, atMs }: { id: string; atMs: number }) {
  const words = useAdminWords()
  const found = useResource<TestOutcomeView>(
    `settings/recipients/${encodeURIComponent(id)}/tests/${atMs}`,
    TEST_POLL_MS,
  )
  const items = found.data?.items ?? []
  const isDone = items.length > 0 && items.every(({ state }) => state !== 'pending')
  const hasFailed = items.some(({ state }) => state === 'failed')
  return (
    <Alert
      type={isDone ? (hasFailed ? 'error' : 'success') : 'info'}
      showIcon
      role="status"
      data-testid="test-outcome"
      title={isDone ? words.test : words.testing}
      description={
        <ul className="plain-list">
          {items.map(({ channel, type, to, state, error }) => (
            <li key={`${channel} ${to}`}>
              {words.channels[type as Channel['type']]} {to}: {words.testStates[state]}{' '}
              {error !== null && <span lang="en">{error}</span>}
            </li>
          ))}
        </ul>
      }
    />
  )
}

const CHANNEL_TYPES = ['mail', 'dingtalk', 'wecom', 'feishu', 'webhook', 'sms'] as const
const WITH_SECRET: readonly string[] = ['dingtalk', 'feishu', 'webhook']
const parts = (text: string): string[] => text.split(/[\s,，]+/).filter((part) => part !== '')

function channelOf(type: Channel['type'], to: string, secret: string): object {
  if (type === 'mail') return { type, address: to.trim() }
  if (type === 'sms') return { type, phones: parts(to) }
  return { type, url: to.trim(), ...(secret !== '' && { secret }) }
}

const EMPTY = { id: '', recipient: '', to: '', secret: '', areas: '' }

function RecipientForm({ saved }: { saved: () => void }) {
  const words = useAdminWords()
  const { language } = useLanguage()
  const [typed, setTyped] = useState(EMPTY)
  const [type, setType] = useState<Channel['type']>('mail')
  const [severityMin, setSeverity] = useState<(typeof SEVERITIES)[number]>('minor')
  const field = (name: keyof typeof EMPTY, label: string, kind?: 'password') => (
    <AdminField label={label}>
      {(id) => (
        <Input
          id={id}
          type={kind}
          autoComplete="off"
          value={typed[name]}
          onChange={({ target }) => setTyped({ ...typed, [name]: target.value })}
          data-testid={`recipient-${name}`}
        />
      )}
    </AdminField>
  )
  const addressLabel = type === 'mail' || type === 'sms' ? words.address[type] : words.address.url
  const areas = parts(typed.areas)
  return (
    <section className="screen-only">
      <h2 className="card-part">{words.newRecipient}</h2>
      <p className="note">{words.replaces}</p>
      <AdminForm
        actions={[
          {
            ...{ key: 'recipient', needs: 'operate', label: words.save, method: 'PUT' },
            path: `settings/recipients/${encodeURIComponent(typed.id.trim())}`,
            missing: () => (typed.id.trim() === '' || typed.to.trim() === '' ? words.needFields : undefined),
            body: () => ({
              ...{ name: typed.recipient.trim() || typed.id.trim(), severityMin, language },
              channels: [channelOf(type, typed.to, typed.secret)],
              ...(areas.length > 0 && { areas }),
            }),
          },
        ]}
        withoutRemark
        done={() => {
          setTyped(EMPTY)
          saved()
        }}
      >
        {field('id', words.recipientId)}
        {field('recipient', words.recipientName)}
        <AdminField label={words.channel}>
          {(id) => (
            <Select
              id={id}
              value={type}
              options={CHANNEL_TYPES.map((value) => ({ value, label: words.channels[value] }))}
              onChange={setType}
            />
          )}
        </AdminField>
        {field('to', addressLabel)}
        {WITH_SECRET.includes(type) && field('secret', words.secret, 'password')}
        <AdminField label={words.severityMin}>
          {(id) => (
            <Select
              id={id}
              value={severityMin}
              options={SEVERITIES.map((value) => ({ value, label: SEVERITY_NAMES[value][language] }))}
              onChange={setSeverity}
            />
          )}
        </AdminField>
        {field('areas', words.areas)}
      </AdminForm>
    </section>
  )
}

function Sending() {
  const words = useAdminWords()
  const found = useResource<NotifySettingView>('settings/notify')
  const [typed, setTyped] = useState({ pageUrl: '', smtpUrl: '', mailFrom: '', ackLinkDays: '' })
  const { pageUrl = '', smtpServer = null, mailFrom = null, ackLinkDays } = found.data ?? {}
  const field = (name: keyof typeof typed, label: string) => (
    <AdminField label={label}>
      {(id) => (
        <Input
          id={id}
          value={typed[name]}
          autoComplete="off"
          onChange={({ target }) => setTyped({ ...typed, [name]: target.value })}
        />
      )}
    </AdminField>
  )
  const { ackLinkDays: days, ...texts } = typed
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value.trim() !== ''))
  const linkDays = days.trim() === '' ? ackLinkDays : Number(days)
  return (
    <Card title={words.sending} data-testid="sending">
      <ProblemNotice of={found} />
      <ul className="plain-list">
        <li>
          {words.pageUrl}: {pageUrl || words.notSet}
        </li>
        <li>
          {words.smtpServer}: {smtpServer ?? words.notSet}
        </li>
        <li>
          {words.mailFrom}: {mailFrom ?? words.notSet}
        </li>
        <li>
          {words.ackLinkDays}: {ackLinkDays ?? words.notSet}
        </li>
      </ul>
      <section className="screen-only">
        <p className="note">{words.smtpHint}</p>
        <AdminForm
          actions={[
            {
              ...{ key: 'sending', needs: 'operate', label: words.save, method: 'PUT', path: 'settings/notify' },
              missing: () => (typed.pageUrl.trim() === '' ? words.needFields : undefined),
              body: () => ({ ...given, ...(linkDays !== undefined && { ackLinkDays: linkDays }) }),
            },
          ]}
          withoutRemark
          done={found.reload}
        >
          {field('pageUrl', words.pageUrl)}
          {field('smtpUrl', words.smtpServer)}
          {field('mailFrom', words.mailFrom)}
          {field('ackLinkDays', words.ackLinkDays)}
        </AdminForm>
      </section>
    </Card>
  )
}
