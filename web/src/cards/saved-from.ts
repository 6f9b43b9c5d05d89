// What the saved files of a page's cards are named after.

import { createContext } from 'react'

/** Name and period of the page that the cards stand on. */
export const SavedFrom = createContext({ subject: '', period: '' })
