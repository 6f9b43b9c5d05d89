// Rows of readings as typed arrays, a column each.

/** Rows in order of arrival, column by column. */
export interface Rows {
  meters: Uint32Array
  times: Float64Array
  /** NaN where the sender called the reading suspect. */
  values: Float64Array
  /** See markOf. */
  marks: Uint8Array
}

export const emptyRows = (count: number): Rows => ({
  ...{ meters: new Uint32Array(count), times: new Float64Array(count) },
  ...{ values: new Float64Array(count), marks: new Uint8Array(count) },
})

/** Copies rows to a place of others. */
export function copyRows({ meters, times, values, marks }: Rows, all: Rows, firstRow: number): void {
  all.meters.set(meters, firstRow)
  all.times.set(times, firstRow)
  all.values.set(values, firstRow)
  all.marks.set(marks, firstRow)
}
