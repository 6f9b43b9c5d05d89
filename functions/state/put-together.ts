// Puts many documents in groups that belong together: an alert and its events, a month and its revision. In AWS a put
// is atomic only up to a size; here each group is, however many there are.

import { ATOMIC_DOCS_MAX, type DocWrite, type StateStore } from '../platform.ts'

/**
 * Puts each group whole or not at all; fills each put with as many groups as fit. A group has at most ATOMIC_DOCS_MAX
 * documents.
 */
export async function putTogether(state: StateStore, groups: readonly (readonly DocWrite[])[]): Promise<void> {
  let put: DocWrite[] = []
  for (const group of groups) {
    if (group.length > ATOMIC_DOCS_MAX) throw new RangeError(`${group.length} documents cannot be put together`)
    if (put.length + group.length > ATOMIC_DOCS_MAX) {
      await state.put(put)
      put = []
    }
    put.push(...group)
  }
  await state.put(put)
}
