// The search in the header of every page: institutions by name, code or pinyin initials; ⌘K or Ctrl K opens it, Enter
// lists all that was found.

import { SearchOutlined } from '@ant-design/icons'
import { Select } from 'antd'
import { type ComponentRef, useEffect, useRef, useState } from 'react'
import type { InstitutionListView } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { institutionRoute, institutionsRoute, visit } from './route.ts'

const OFFERED = 8
/** A reader who types is not interrupted. */
const TYPED_MS = 200
/** The option that lists all that was found; no id has a space. */
const ALL = ' all'

export function SearchBox({ ready }: { ready: boolean }) {
  const { text, language, nameOf } = useLanguage()
  const box = useRef<ComponentRef<typeof Select>>(null)
  const [typed, setTyped] = useState('')
  const asked = usePaused(typed.trim())
  const found = useResource<InstitutionListView>(
    ready && asked !== '' ? withQuery('institutions', { search: asked, limit: OFFERED }) : null,
  ).data
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      box.current?.focus()
    }
    addEventListener('keydown', open)
    return () => removeEventListener('keydown', open)
  }, [])
  const rows = found?.items.map((row) => ({
    value: row.id,
    label: (
      <>
        {nameOf(row)} <span className="faint">{language === 'zh' ? `${row.areaName} · ${row.id}` : row.id}</span>
      </>
    ),
  }))
  const all = asked === '' || !found ? [] : [{ value: ALL, label: text.work.listFound(formatNumber(found.total, 0)) }]
  const choose = (value: string) => {
    visit(value === ALL ? institutionsRoute({ search: asked }) : institutionRoute(value, null))
    setTyped('')
    box.current?.blur()
  }
  return (
    <Select
      ref={box}
      className="header-search"
      aria-label={text.work.search}
      placeholder={text.work.search}
      prefix={<SearchOutlined />}
      suffixIcon={<kbd className="wide-only">{text.work.searchKey}</kbd>}
      value={null}
      searchValue={typed}
      onSearch={setTyped}
      onSelect={(value: unknown) => choose(String(value))}
      showSearch
      filterOption={false}
      popupMatchSelectWidth={360}
      notFoundContent={asked === '' ? text.work.searchHint : found ? text.noInstitutions : text.loading}
      options={[...(rows ?? []), ...all]}
      data-testid="search"
    />
  )
}

/** The text as it was when the reader last paused. */
function usePaused(typed: string): string {
  const [paused, setPaused] = useState(typed)
  useEffect(() => {
    const timer = setTimeout(() => setPaused(typed), TYPED_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return paused
}
