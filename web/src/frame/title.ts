// Sets the title of the browser's tab.

import { useEffect } from 'react'
import { useLanguage } from '../words/language.tsx'

/** `subject` null: a page without a subject. */
export function useTitle(subject: string | null): void {
  const { text } = useLanguage()
  useEffect(() => {
    document.title = `${subject === null ? '' : `${subject} · `}${text.product} Kilowatch`
  }, [subject, text])
}
