// Reads keys and columns of tables of rows.

export const keysOf = <Table extends object>(table: Table): (keyof Table & string)[] =>
  Object.keys(table) as (keyof Table & string)[]

/** One value of each row, by the row's key. */
export function columnOf<Table extends object, Value>(
  table: Table,
  cell: (row: Table[keyof Table & string]) => Value,
): Record<keyof Table & string, Value> {
  const entries = keysOf(table).map((key) => [key, cell(table[key])])
  return Object.fromEntries(entries) as Record<keyof Table & string, Value>
}
