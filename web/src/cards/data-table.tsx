// Shows rows as a table that scrolls sideways on a narrow screen. On paper it has all of its pages, and folded rows are
// open.

import { Table, type TableColumnType, type TableProps } from 'antd'
import { type RefObject, useEffect, useRef } from 'react'
import { useIsPrinting } from '../api/printing.ts'
import { useLanguage } from '../words/language.tsx'

interface Props<T>
  extends Pick<TableProps<T>, 'rowKey' | 'expandable' | 'locale' | 'loading' | 'onRow' | 'rowClassName' | 'onChange'> {
  rows: readonly T[]
  /** `label`: the head of the column in words, where its title is no text. */
  columns: readonly (TableColumnType<T> & { label?: string })[]
  /** On a phone each row is a card, so that nothing lies beside the screen. */
  asCards?: boolean
  /** Rows of a page; absent: all rows are on one. */
  pageSize?: number
}

export function DataTable<T extends object>({
  rows,
  columns,
  asCards = false,
  pageSize,
  expandable,
  rowKey,
  ...shared
}: Props<T>) {
  const { text } = useLanguage()
  const printing = useIsPrinting()
  const unfold = expandable && { columnTitle: <span className="sr-only">{text.manage.unfold}</span>, ...expandable }
  const isPaged = !printing && pageSize !== undefined && rows.length > pageSize
  const box = useRef<HTMLDivElement>(null)
  useScrolledByKeys(box, text.manage.wideTable)
  return (
    <div ref={box}>
      <Table<T>
        {...shared}
        {...(asCards && { className: 'cards-on-phone' })}
        columns={asCards ? columns.map(withLabel) : [...columns]}
        size="small"
        rowKey={rowKey}
        dataSource={rows}
        pagination={isPaged ? { pageSize, showSizeChanger: false } : false}
        scroll={{ x: 'max-content' }}
        expandable={
          printing && unfold?.expandedRowRender
            ? { ...unfold, expandedRowKeys: openKeys(rows, rowKey, unfold), showExpandColumn: false }
            : unfold
        }
      />
    </div>
  )
}

/** A table that is wider than its card takes the focus, so that a keyboard can scroll it. */
function useScrolledByKeys(box: RefObject<HTMLDivElement | null>, label: string): void {
  useEffect(() => {
    const content = box.current?.querySelector('.ant-table-content')
    if (!content) return
    const mark = () => {
      const isWide = content.scrollWidth > content.clientWidth
      for (const [name, value] of [
        ['tabindex', '0'],
        ['role', 'group'],
        ['aria-label', label],
      ] as const)
        if (isWide) content.setAttribute(name, value)
        else content.removeAttribute(name)
    }
    const observer = new ResizeObserver(mark)
    observer.observe(content)
    for (const child of content.children) observer.observe(child)
    return () => observer.disconnect()
  }, [box, label])
}

/** Each cell says its column, for the card that has no head. */
const withLabel = <T,>(column: TableColumnType<T> & { label?: string }): TableColumnType<T> => {
  const { label, ...rest } = column
  const said = label ?? (typeof rest.title === 'string' ? rest.title : '')
  return { ...rest, onCell: () => ({ 'data-label': said }) as object }
}

function openKeys<T extends object>(
  rows: readonly T[],
  rowKey: TableProps<T>['rowKey'],
  { rowExpandable }: NonNullable<TableProps<T>['expandable']>,
) {
  return rows
    .filter((row) => rowExpandable?.(row) ?? true)
    .map((row) => (typeof rowKey === 'function' ? rowKey(row) : (row[rowKey as keyof T] as string)))
}
