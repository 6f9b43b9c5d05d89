// Shows rows as a table that scrolls sideways on a narrow screen. On paper it has all of its pages, and folded rows are
// open.

import { Table, type TableProps } from 'antd'
import { useIsPrinting } from '../api/printing.ts'

interface Props<T>
  extends Pick<TableProps<T>, 'columns' | 'rowKey' | 'expandable' | 'locale' | 'loading' | 'onRow' | 'rowClassName'> {
  rows: readonly T[]
  /** Rows of a page; absent: all rows are on one. */
  pageSize?: number
}

export function DataTable<T extends object>({ rows, pageSize, expandable, rowKey, ...shared }: Props<T>) {
  const printing = useIsPrinting()
  const isPaged = !printing && pageSize !== undefined && rows.length > pageSize
  return (
    <Table<T>
      {...shared}
      size="small"
      rowKey={rowKey}
      dataSource={rows}
      pagination={isPaged ? { pageSize, showSizeChanger: false } : false}
      scroll={{ x: 'max-content' }}
      expandable={
        printing && expandable?.expandedRowRender
          ? { ...expandable, expandedRowKeys: openKeys(rows, rowKey, expandable), showExpandColumn: false }
          : expandable
      }
    />
  )
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
