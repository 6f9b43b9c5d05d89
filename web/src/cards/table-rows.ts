// Attributes of table rows: a name for tests, and a click that does what the link in the row does.

import type { MouseEvent } from 'react'

/** Attributes for antd's `onRow`. The link inside the row remains the way for keyboards and new tabs. */
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
