// Shows who may sign in, with their roles, and lets the security administrator add, invite and remove people.

import { Alert, Button, Card, Input, Popconfirm, Select, Space, Table } from 'antd'
import { type FormEvent, useState } from 'react'
import type { PermissionsView, PersonView } from '../../../domain/view/session.ts'
import { problemOf, sendJson, useResource } from '../api/resource.ts'
import { useSession } from '../api/session.ts'
import { ProblemNotice } from '../cards/marks.tsx'
import { useTitle } from '../frame/title.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'

type Roles = PermissionsView['roles']

export function PeoplePage() {
  const { text, language } = useLanguage()
  useTitle(text.door.people)
  const session = useSession()
  const mayChange = session.state === 'in' && (session.actions ?? []).includes('people')
  const people = useResource<{ items: PersonView[] }>('people')
  const roles = useResource<PermissionsView>('permissions').data?.roles ?? []
  const [said, setSaid] = useState<{ type: 'success' | 'error'; text: string } | null>(null)
  const act = async (work: () => Promise<string>) => {
    try {
      setSaid({ type: 'success', text: await work() })
    } catch (error) {
      const { detail, title } = problemOf(error)
      setSaid({ type: 'error', text: detail ?? title })
    }
    people.reload()
  }
  const invite = async (id: string): Promise<string> => {
    const { link } = await sendJson<{ link: string }>('POST', `people/${encodeURIComponent(id)}/invitation`, {}, null)
    return text.door.linkOnce(`${location.origin}${location.pathname}${link}`)
  }
  const remove = async (id: string): Promise<string> => {
    await sendJson('DELETE', `people/${encodeURIComponent(id)}`, {}, null)
    return text.door.removed(id)
  }
  return (
    <Card title={text.door.people} data-testid="people">
      <ProblemNotice of={people} />
      {said && (
        <Alert type={said.type} showIcon title={<SourceText>{said.text}</SourceText>} data-testid="people-said" />
      )}
      <Table<PersonView>
        rowKey="id"
        size="small"
        scroll={{ x: true }}
        dataSource={people.data?.items ?? []}
        loading={people.data === null && people.problem === null}
        columns={[
          { title: text.door.id, render: (_, { id }) => <SourceText>{id}</SourceText> },
          { title: text.door.name, render: (_, { name }) => <SourceText>{name}</SourceText> },
          { title: text.door.roles, render: (_, { grants }) => rolesText(grants, roles, language) },
          { title: text.door.state, render: (_, { hasPassword }) => (hasPassword ? '' : text.door.invited) },
          {
            title: '',
            render: (_, { id }) =>
              mayChange && (
                <Space>
                  <Button size="small" onClick={() => act(() => invite(id))}>
                    {text.door.reset}
                  </Button>
                  <Popconfirm title={text.door.removeSure(id)} onConfirm={() => act(() => remove(id))}>
                    <Button size="small" danger>
                      {text.door.remove}
                    </Button>
                  </Popconfirm>
                </Space>
              ),
          },
        ]}
      />
      {mayChange && (
        <PersonForm
          roles={roles}
          added={(id) => act(() => invite(id))}
          refused={(why) => setSaid({ type: 'error', text: why })}
        />
      )}
    </Card>
  )
}

function rolesText(grants: PersonView['grants'], roles: Roles, language: 'zh' | 'en'): string {
  return grants
    .map(({ role, areas = [], institutions = [], contract }) => {
      const places = [...(contract === undefined ? [] : [contract]), ...areas, ...institutions]
      const name = roles.find((one) => one.role === role)?.[language] ?? role
      return places.length > 0 ? `${name} (${places.join(', ')})` : name
    })
    .join('; ')
}

interface FormProps {
  roles: Roles
  added: (id: string) => void
  refused: (why: string) => void
}

/** One role; the command line gives several. */
function PersonForm({ roles, added, refused }: FormProps) {
  const { text, language } = useLanguage()
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [role, setRole] = useState<Roles[number]['role']>('county')
  const [places, setPlaces] = useState('')
  const [contract, setContract] = useState('')
  const row = roles.find((one) => one.role === role)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const listed = places.split(/[\s,，]+/).filter((place) => place !== '')
    const held =
      row?.place === 'institution' ? { institutions: listed } : row?.place === 'everywhere' ? {} : { areas: listed }
    const grant = { role, ...held, ...(row?.contract && { contract: contract.trim() }) }
    try {
      await sendJson(
        'PUT',
        `people/${encodeURIComponent(id.trim())}`,
        { name: name.trim() || id.trim(), grants: [grant] },
        null,
      )
      added(id.trim())
    } catch (error) {
      const { detail, title } = problemOf(error)
      refused(detail ?? title)
    }
  }
  const options = roles
    .filter((one) => one.role !== 'visitor')
    .map((one) => ({ value: one.role, label: one[language] }))
  return (
    <form className="admin-form" onSubmit={submit} data-testid="person-form">
      <Space wrap>
        <Input
          placeholder={text.door.id}
          aria-label={text.door.id}
          value={id}
          onChange={({ target }) => setId(target.value)}
        />
        <Input
          placeholder={text.door.name}
          aria-label={text.door.name}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <Select
          aria-label={text.door.roles}
          value={role}
          options={options}
          onChange={setRole}
          style={{ minWidth: 180 }}
        />
        {row?.place !== 'everywhere' && (
          <Input
            placeholder={text.door.places}
            aria-label={text.door.places}
            value={places}
            onChange={({ target }) => setPlaces(target.value)}
          />
        )}
        {row?.contract && (
          <Input
            placeholder={text.door.contract}
            aria-label={text.door.contract}
            value={contract}
            onChange={({ target }) => setContract(target.value)}
          />
        )}
        <Button type="primary" htmlType="submit" disabled={id.trim() === ''}>
          {text.door.add}
        </Button>
      </Space>
    </form>
  )
}
