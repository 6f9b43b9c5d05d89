// Shows who may sign in, with their roles, and lets the security administrator add, invite, deactivate and remove them.
// Roles are given several at once: each with its place. The table of roles and rights stands below.

import { Alert, Button, Card, Input, Popconfirm, Select, Space, Tag } from 'antd'
import { type FormEvent, useState } from 'react'
import { ACTIONS } from '../../../domain/access/permission.ts'
import type { PermissionsView, PersonView } from '../../../domain/view/session.ts'
import { problemOf, sendJson, useResource } from '../api/resource.ts'
import { useSession } from '../api/session.ts'
import { useAdminWords } from '../words/admin-words.ts'
import { formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import type { Dictionary } from '../words/zh.ts'
import { DataTable } from './data-table.tsx'
import { ProblemNotice } from './marks.tsx'

type Roles = PermissionsView['roles']

export function PeopleCard() {
  const { text, language } = useLanguage()
  const session = useSession()
  const mayChange = session.state === 'in' && (session.actions ?? []).includes('people')
  const people = useResource<{ items: PersonView[] }>('people')
  const roles = useResource<PermissionsView>('permissions').data?.roles ?? []
  const [said, setSaid] = useState<{ type: 'success' | 'error'; text: string } | null>(null)
  const [edited, setEdited] = useState<PersonView | null>(null)
  const act = async (work: () => Promise<string>) => {
    try {
      setSaid({ type: 'success', text: await work() })
    } catch (error) {
      const { detail, title } = problemOf(error)
      setSaid({ type: 'error', text: detail ?? title })
    }
    people.reload()
  }
  return (
    <>
      <Card title={text.door.people} data-testid="people">
        <ProblemNotice of={people} />
        {said && (
          <Alert type={said.type} showIcon title={<SourceText>{said.text}</SourceText>} data-testid="people-said" />
        )}
        <People
          rows={people.data?.items ?? []}
          rolesOf={({ grants }) => rolesText(grants, roles, language)}
          {...(mayChange && { act, edit: setEdited })}
        />
        {mayChange && roles.length > 0 && (
          <PersonForm
            key={edited?.id}
            roles={roles}
            edited={edited}
            refused={(why) => setSaid({ type: 'error', text: why })}
            saved={(id, isNew) => {
              setEdited(null)
              act(() => (isNew ? invite(id, text) : Promise.resolve(text.door.changed(id))))
            }}
          />
        )}
      </Card>
      <RolesTable roles={roles} />
    </>
  )
}

async function invite(id: string, text: Dictionary): Promise<string> {
  const { link } = await sendJson<{ link: string }>('POST', `people/${encodeURIComponent(id)}/invitation`, {})
  return text.door.linkOnce(`${location.origin}${location.pathname}${link}`)
}

interface PeopleProps {
  rows: readonly PersonView[]
  rolesOf: (person: PersonView) => string
  /** Absent: the reader may only look. */
  act?: (work: () => Promise<string>) => void
  edit?: (person: PersonView) => void
}

function People({ rows, rolesOf, act, edit }: PeopleProps) {
  const { text } = useLanguage()
  const words = useAdminWords()
  return (
    <DataTable<PersonView>
      rowKey="id"
      rows={rows}
      columns={[
        { title: text.door.id, key: 'id', rowScope: 'row', render: (_, { id }) => <SourceText>{id}</SourceText> },
        { title: text.door.name, key: 'name', render: (_, { name }) => <SourceText>{name}</SourceText> },
        { title: text.door.roles, key: 'roles', className: 'wrapped', render: (_, person) => rolesOf(person) },
        { title: text.door.state, key: 'state', render: (_, person) => <PersonState person={person} /> },
        {
          title: words.lastSignIn,
          key: 'last',
          render: (_, { lastSignInMs }) => (lastSignInMs === null ? words.never : formatTime(lastSignInMs)),
        },
        ...(act && edit
          ? [
              {
                title: '',
                key: 'act',
                render: (_: unknown, person: PersonView) => <PersonTools person={person} act={act} edit={edit} />,
              },
            ]
          : []),
      ]}
    />
  )
}

function PersonState({ person: { isActive, hasPassword } }: { person: PersonView }) {
  const { text } = useLanguage()
  const words = useAdminWords()
  if (!isActive) return <Tag>{words.deactivated}</Tag>
  return hasPassword ? '' : text.door.invited
}

function PersonTools({ person, act, edit }: { person: PersonView } & Required<Pick<PeopleProps, 'act' | 'edit'>>) {
  const { text } = useLanguage()
  const words = useAdminWords()
  const { id } = person
  const path = `people/${encodeURIComponent(id)}`
  return (
    <Space wrap className="screen-only">
      <Button size="small" onClick={() => edit(person)} data-testid={`edit-${id}`}>
        {text.door.edit}
      </Button>
      <Button size="small" onClick={() => act(() => invite(id, text))} data-testid={`reset-${id}`}>
        {text.door.reset}
      </Button>
      {person.isActive && (
        <Popconfirm
          title={words.deactivateSure(id)}
          onConfirm={() =>
            act(async () => {
              await sendJson('POST', `${path}/deactivate`, {})
              return words.deactivatedNow(id)
            })
          }
        >
          <Button size="small" data-testid={`deactivate-${id}`}>
            {words.deactivate}
          </Button>
        </Popconfirm>
      )}
      <Popconfirm
        title={text.door.removeSure(id)}
        onConfirm={() =>
          act(async () => {
            await sendJson('DELETE', path, {})
            return text.door.removed(id)
          })
        }
      >
        <Button size="small" danger>
          {text.door.remove}
        </Button>
      </Popconfirm>
    </Space>
  )
}

function RolesTable({ roles }: { roles: Roles }) {
  const { language, text } = useLanguage()
  const words = useAdminWords()
  return (
    <Card title={words.permissionTable} data-testid="roles">
      <DataTable
        rowKey="role"
        rows={roles}
        columns={[
          { title: text.door.roles, key: 'role', rowScope: 'row', render: (_, one) => one[language] },
          {
            title: words.tokenRights,
            key: 'actions',
            className: 'wrapped',
            render: (_, { actions }) => actions.map((action) => ACTIONS[action][language]).join('; '),
          },
        ]}
      />
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
  /** Null: a new person. */
  edited: PersonView | null
  saved: (id: string, isNew: boolean) => void
  refused: (why: string) => void
}
/** A role as typed. */
interface TypedGrant {
  key: number
  role: Roles[number]['role']
  places: string
  contract: string
}

const placesOf = (text: string): string[] => text.split(/[\s,，]+/).filter((place) => place !== '')
/** Codes of areas are six digits; where a role takes both, the rest are ids of institutions. */
const AREA_CODE = /^\d{6}$/

function grantOf({ role, places, contract }: TypedGrant, roles: Roles): PersonView['grants'][number] {
  const row = roles.find((one) => one.role === role)
  const listed = placesOf(places)
  const [areas, institutions] =
    row?.place === 'institution'
      ? [[], listed]
      : row?.place === 'either'
        ? [listed.filter((one) => AREA_CODE.test(one)), listed.filter((one) => !AREA_CODE.test(one))]
        : [row?.place === 'everywhere' ? [] : listed, []]
  return {
    role,
    ...(areas.length > 0 && { areas }),
    ...(institutions.length > 0 && { institutions }),
    ...(row?.contract && { contract: contract.trim() }),
  }
}

const NEW_GRANT: Omit<TypedGrant, 'key'> = { role: 'county', places: '', contract: '' }
const typedGrants = (edited: PersonView | null): TypedGrant[] =>
  (edited?.grants ?? []).map(({ role, areas = [], institutions = [], contract = '' }, key) => ({
    ...{ key, role, contract },
    places: [...areas, ...institutions].join(', '),
  }))

function PersonForm({ roles, edited, saved, refused }: FormProps) {
  const { text } = useLanguage()
  const [id, setId] = useState(edited?.id ?? '')
  const [name, setName] = useState(edited?.name ?? '')
  const first = typedGrants(edited)
  const [grants, setGrants] = useState<TypedGrant[]>(first.length > 0 ? first : [{ key: 0, ...NEW_GRANT }])
  const change = (key: number, part: Partial<TypedGrant>) =>
    setGrants(grants.map((one) => (one.key === key ? { ...one, ...part } : one)))
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    try {
      const body = { name: name.trim() || id.trim(), grants: grants.map((one) => grantOf(one, roles)) }
      await sendJson('PUT', `people/${encodeURIComponent(id.trim())}`, body)
      saved(id.trim(), edited === null)
      setId('')
      setName('')
      setGrants([{ key: 0, ...NEW_GRANT }])
    } catch (error) {
      const { detail, title } = problemOf(error)
      refused(detail ?? title)
    }
  }
  const field = (label: string, value: string, set: (value: string) => void, testId: string) => (
    <Input
      placeholder={label}
      aria-label={label}
      value={value}
      disabled={testId === 'person-id' && edited !== null}
      onChange={({ target }) => set(target.value)}
      style={{ width: 180 }}
      data-testid={testId}
    />
  )
  return (
    <form className="admin-form screen-only" onSubmit={submit} data-testid="person-form">
      <Space wrap>
        {field(text.door.id, id, setId, 'person-id')}
        {field(text.door.name, name, setName, 'person-name')}
      </Space>
      {grants.map((one) => (
        <GrantFields
          key={one.key}
          grant={one}
          roles={roles}
          change={(part) => change(one.key, part)}
          {...(grants.length > 1 && { leave: () => setGrants(grants.filter(({ key }) => key !== one.key)) })}
        />
      ))}
      <div className="admin-buttons">
        <Button type="primary" htmlType="submit" disabled={id.trim() === ''} data-testid="person-save">
          {edited === null ? text.door.add : text.door.saveRoles}
        </Button>
        <Button
          onClick={() => setGrants([...grants, { key: Math.max(...grants.map(({ key }) => key)) + 1, ...NEW_GRANT }])}
        >
          {text.door.moreRoles}
        </Button>
      </div>
    </form>
  )
}

interface GrantProps {
  grant: TypedGrant
  roles: Roles
  change: (part: Partial<TypedGrant>) => void
  /** Absent: the only role. */
  leave?: () => void
}

function GrantFields({ grant: { role, places, contract }, roles, change, leave }: GrantProps) {
  const { text, language } = useLanguage()
  const row = roles.find((one) => one.role === role)
  const options = roles
    .filter((one) => one.role !== 'visitor')
    .map((one) => ({ value: one.role, label: one[language] }))
  return (
    <Space wrap>
      <Select
        aria-label={text.door.roles}
        value={role}
        options={options}
        onChange={(chosen) => change({ role: chosen })}
        style={{ minWidth: 180 }}
      />
      {row?.place !== 'everywhere' && (
        <Input
          placeholder={text.door.places}
          aria-label={text.door.places}
          value={places}
          onChange={({ target }) => change({ places: target.value })}
          style={{ width: 240 }}
          data-testid="person-places"
        />
      )}
      {row?.contract && (
        <Input
          placeholder={text.door.contract}
          aria-label={text.door.contract}
          value={contract}
          onChange={({ target }) => change({ contract: target.value })}
          style={{ width: 160 }}
        />
      )}
      {leave && <Button onClick={leave}>{text.door.remove}</Button>}
    </Space>
  )
}
