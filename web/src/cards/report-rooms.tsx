// Lets an official enter the data centre rooms of an institution, a row of form NY202 each
// (docs/rules/report.md#forms). Without any, the report has one room, as far as the platform meters it.

import { Alert, Button, Input } from 'antd'
import { useState } from 'react'
import { cellName, type FormField, formFields } from '../../../domain/report/forms/fields.ts'
import type { FormsView } from '../../../domain/report/view.ts'
import { useIsPrinting } from '../api/printing.ts'
import { useMay } from '../api/session.ts'
import { useLanguage } from '../words/language.tsx'
import { SourceText } from '../words/source-text.tsx'
import { AdminField, AdminForm } from './admin-form.tsx'
import { formEntry } from './form-entry.ts'

interface TypedRoom {
  id: string
  name: string
  /** By the name of the cell. */
  values: Readonly<Record<string, string>>
}
type EnteredRoom = NonNullable<FormsView['entries']['rooms']>[number]

const typedRoom = ({ id, name, values }: EnteredRoom): TypedRoom => ({
  ...{ id, name },
  values: Object.fromEntries(Object.entries(values).map(([cell, value]) => [cell, String(value ?? '')])),
})

export function ReportRooms({ forms, saved }: { forms: FormsView; saved: () => void }) {
  const { text, language } = useLanguage()
  const printing = useIsPrinting()
  const mayEnter = useMay('prepareReports')
  const [rooms, setRooms] = useState<readonly TypedRoom[]>(() => (forms.entries.rooms ?? []).map(typedRoom))
  const [isChanged, setChanged] = useState(false)
  const fields = formFields(forms.edition, 'NY202')
  const change = (changed: readonly TypedRoom[]): void => {
    setRooms(changed)
    setChanged(true)
  }
  const wrong = rooms.flatMap((room) => [
    ...(room.name.trim() === '' ? [text.report.roomName] : []),
    ...fields.filter((field) => entryIn(room, field) === undefined).map(({ name }) => name[language]),
  ])
  return (
    <section data-testid="report-rooms">
      {mayEnter && <p className="note">{text.report.roomsHint}</p>}
      <details open={printing || undefined}>
        <summary data-testid="rooms-open">{text.report.roomsOf(String(rooms.length))}</summary>
        {rooms.map((room) => (
          <RoomFields
            key={room.id}
            room={room}
            fields={fields}
            set={(own) => change(rooms.map((one) => (one.id === room.id ? own : one)))}
            remove={() => change(rooms.filter(({ id }) => id !== room.id))}
          />
        ))}
        <Button
          className="screen-only"
          hidden={!mayEnter}
          onClick={() => change([...rooms, { id: nextId(rooms), name: '', values: {} }])}
          data-testid="add-room"
        >
          {text.report.addRoom}
        </Button>
      </details>
      {wrong.length > 0 && (
        <Alert type="error" showIcon title={text.report.roomWrong([...new Set(wrong)].join('、'))} />
      )}
      {isChanged && wrong.length === 0 && (
        <AdminForm<FormsView>
          actions={[
            {
              key: 'rooms',
              needs: 'prepareReports',
              label: text.report.saveRooms,
              method: 'PUT',
              path: `forms/${encodeURIComponent(forms.institution)}/${forms.period}/entries`,
              body: ({ name: who }) => ({
                ...{ who, version: forms.entriesVersion, values: forms.entries.values ?? {} },
                ...(rooms.length > 0 && { rooms: rooms.map((room) => roomOf(room, fields)) }),
              }),
            },
          ]}
          withoutRemark
          done={saved}
        />
      )}
    </section>
  )
}

/** Rooms keep their ids, by which a later form and a template name them. */
const nextId = (rooms: readonly TypedRoom[]): string =>
  String(Math.max(0, ...rooms.map(({ id }) => Number(id)).filter(Number.isInteger)) + 1)

const entryIn = ({ values }: TypedRoom, field: FormField) =>
  formEntry(values[cellName('NY202', field)] ?? '', field.kind === 'text')

function roomOf(room: TypedRoom, fields: readonly FormField[]): EnteredRoom {
  const entered = fields.flatMap((field) => {
    const entry = entryIn(room, field)
    return entry === null || entry === undefined ? [] : [[cellName('NY202', field), entry] as const]
  })
  return { id: room.id, name: room.name.trim(), values: Object.fromEntries(entered) }
}

function RoomFields({
  room,
  fields,
  set,
  remove,
}: {
  room: TypedRoom
  fields: readonly FormField[]
  set: (room: TypedRoom) => void
  remove: () => void
}) {
  const { text, language } = useLanguage()
  const mayEnter = useMay('prepareReports')
  return (
    <fieldset className="admin-fields" disabled={!mayEnter} data-testid={`room-${room.id}`}>
      <AdminField label={text.report.roomName}>
        {(id) => <Input id={id} value={room.name} onChange={({ target }) => set({ ...room, name: target.value })} />}
      </AdminField>
      {fields.map((field) => {
        const cell = cellName('NY202', field)
        const value = room.values[cell] ?? ''
        return (
          <AdminField
            key={cell}
            label={
              <>
                {`${field.code ?? ''} ${field.name[language]} `.trimStart()}
                {field.unit !== '' && <SourceText>{field.unit}</SourceText>}
              </>
            }
          >
            {(id) => (
              <Input
                id={id}
                value={value}
                inputMode={field.kind === 'text' ? 'text' : 'decimal'}
                status={entryIn(room, field) === undefined ? 'error' : ''}
                onChange={({ target }) => set({ ...room, values: { ...room.values, [cell]: target.value } })}
                data-testid={`room-${room.id}-${cell}`}
              />
            )}
          </AdminField>
        )
      })}
      {mayEnter && (
        <Button onClick={remove} data-testid={`remove-room-${room.id}`}>
          {text.report.removeRoom}
        </Button>
      )}
    </fieldset>
  )
}
