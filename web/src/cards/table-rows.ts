// Builds the attributes of table rows: a name for tests, and a click with the effect of the link in the row.

import type { MouseEvent } from 'react'

/** Attributes for antd's `onRow`. Keyboards and new tabs use the link inside the row. */
export function attributes(testId: string, visitRow?: () => void) {
  return {
    'data-testid': testId,
    ...(visitRow && {
      className: 'row-link',
      onClick: (event: MouseEvent<HTMLElement>) => {
        const onLink = event.target instanceof Element && event.target.closest('a') !== null
        if (!onLink) visitRow()
      },
    }),
  }
}
