// The search in the header of every page: institutions by name, code or pinyin initials; ⌘K or Ctrl K opens it, Enter
// lists all that was found, or opens the one that the arrow keys chose.

import { SearchOutlined } from '@ant-design/icons'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import type { InstitutionListView } from '../../../domain/view/view.ts'
import { useResource, withQuery } from '../api/resource.ts'
import { formatNumber } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'
import { institutionRoute, institutionsRoute, visit } from './route.ts'

const OFFERED = 8
/** A reader who types is not interrupted. */
const TYPED_MS = 200

export function SearchBox({ ready }: { ready: boolean }) {
  const { text } = useLanguage()
  const box = useSearchKey()
  const list = useId()
  const [typed, setTyped] = useState('')
  const [isOpen, setOpen] = useState(false)
  /** Number of the option that the arrow keys chose; -1: none. */
  const [chosen, setChosen] = useState(-1)
  const asked = usePaused(typed.trim())
  const found = useResource<InstitutionListView>(
    ready && asked !== '' ? withQuery('institutions', { search: asked, limit: OFFERED }) : null,
  ).data
  const options = useOptions(asked, found)
  const close = () => {
    setTyped('')
    setOpen(false)
    setChosen(-1)
    box.current?.blur()
  }
  const choose = (open: (() => void) | undefined) => {
    open?.()
    close()
  }
  const press = (event: KeyboardEvent) => {
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen < 0 ? options.length - 1 : chosen - 1 }[event.key]
    if (to !== undefined && options.length > 0) setChosen(to % options.length)
    else if (event.key === 'Escape') close()
    else if (event.key === 'Enter' && typed.trim() !== '')
      choose(options[chosen]?.open ?? (() => visit(institutionsRoute({ search: typed.trim() }))))
    else return
    event.preventDefault()
  }
  const isShown = isOpen && typed.trim() !== '' && options.length > 0
  return (
    <div className="header-search">
      <SearchOutlined />
      <input
        ref={box}
        role="combobox"
        aria-label={text.work.search}
        aria-expanded={isShown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={isShown && chosen >= 0 ? `${list}-${chosen}` : undefined}
        autoComplete="off"
        placeholder={text.work.search}
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value)
          setOpen(true)
          setChosen(-1)
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={press}
        data-testid="search"
      />
      <kbd className="wide-only">{text.work.searchKey}</kbd>
      <div className="search-found" hidden={!isOpen}>
        <div role="listbox" id={list} aria-label={text.work.search} tabIndex={-1} hidden={options.length === 0}>
          {options.map(({ key, label, open }, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field, which keeps the focus, takes the keys
            <div
              key={key}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === chosen}
              tabIndex={-1}
              // The list would be gone before the click.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(open)}
            >
              {label}
            </div>
          ))}
        </div>
        {options.length === 0 && (
          <div className="faint">
            {asked === '' ? text.work.searchHint : found ? text.noInstitutions : text.loading}
          </div>
        )}
      </div>
    </div>
  )
}

/** The first institutions found, and all of them as a list. */
function useOptions(asked: string, found: InstitutionListView | null) {
  const { text, language, nameOf } = useLanguage()
  if (asked === '' || !found || found.total === 0) return []
  const rows = found.items.map((row) => ({
    key: row.id,
    label: (
      <>
        {nameOf(row)} <span className="faint">{language === 'zh' ? `${row.areaName} · ${row.id}` : row.id}</span>
      </>
    ),
    open: () => visit(institutionRoute(row.id, null)),
  }))
  const all = {
    // No id has a space.
    key: ' all',
    label: <>{text.work.listFound(formatNumber(found.total, 0))}</>,
    open: () => visit(institutionsRoute({ search: asked })),
  }
  return [...rows, all]
}

/** The field, which ⌘K or Ctrl K focuses. */
function useSearchKey() {
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const open = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      box.current?.focus()
    }
    addEventListener('keydown', open)
    return () => removeEventListener('keydown', open)
  }, [])
  return box
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
