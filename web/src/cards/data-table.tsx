// Shows rows as a table, and where that is wider than its place as rows of named values. On paper it has all of its
// pages, and folded rows are open.

import { Table, type TableColumnType, type TableProps } from 'antd'
import { isValidElement, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useIsPrinting } from '../api/printing.ts'
import { useLanguage } from '../words/language.tsx'

/** Columns that a tablet leaves out, so that rows can be compared there; a phone names them in its stacked rows. */
export const NOT_ON_TABLETS: ('xs' | 'xl')[] = ['xs', 'xl']

interface Props<T>
  extends Pick<TableProps<T>, 'rowKey' | 'expandable' | 'locale' | 'loading' | 'onRow' | 'rowClassName' | 'onChange'> {
  rows: readonly T[]
  /** `label`: the head of the column in words, where its title is no text. */
  columns: readonly (TableColumnType<T> & { label?: string })[]
  /** Rows of a page; absent: all rows are on one. */
  pageSize?: number
}

export function DataTable<T extends object>({ rows, columns, pageSize, expandable, rowKey, ...shared }: Props<T>) {
  const { text } = useLanguage()
  const printing = useIsPrinting()
  const unfold = expandable && { columnTitle: <span className="sr-only">{text.manage.unfold}</span>, ...expandable }
  const isPaged = !printing && pageSize !== undefined && rows.length > pageSize
  const box = useRef<HTMLDivElement>(null)
  const isStacked = useIsStacked(box)
  return (
    <div ref={box}>
      <Table<T>
        {...shared}
        {...(isStacked && { className: 'stacked' })}
        columns={columns.map((column) => withLabel(printing ? { ...column, responsive: undefined } : column))}
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

/**
 * Whether the table is wider than its place, so that its rows are stacked: nothing lies beside the screen at any width.
 * It is a table again when the place is as wide as it was found to need.
 */
function useIsStacked(box: RefObject<HTMLDivElement | null>): boolean {
  const { language } = useLanguage()
  const [needed, need] = useState<number | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words of another language need another width
  useLayoutEffect(() => need(null), [language])
  useEffect(() => {
    const content = box.current?.querySelector('.ant-table-content')
    if (!content) return
    const measure = () => {
      // Paper has a layout of its own.
      if (!matchMedia('screen').matches) return
      const { clientWidth, scrollWidth } = content
      need((before) => {
        if (before !== null) return clientWidth >= before ? null : before
        return scrollWidth > clientWidth + 1 ? scrollWidth : null
      })
    }
    const observer = new ResizeObserver(measure)
    observer.observe(content)
    for (const child of content.children) observer.observe(child)
    return () => observer.disconnect()
  }, [box])
  return needed !== null
}

/** Each cell says its column, for the stacked row that has no head. */
const withLabel = <T,>(column: TableColumnType<T> & { label?: string }): TableColumnType<T> => {
  const { label, ...rest } = column
  return { ...rest, onCell: () => ({ 'data-label': label ?? labelOf(rest.title) }) as object }
}

/** The head of a column in words: its text, or that of a FigureHead with its unit. */
function labelOf(title: unknown): string {
  if (typeof title === 'string') return title
  if (!isValidElement<{ label?: unknown; unit?: unknown }>(title)) return ''
  const { label, unit } = title.props
  return typeof label !== 'string' ? '' : typeof unit === 'string' ? `${label} (${unit})` : label
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
