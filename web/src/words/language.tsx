// Provides the reader's language: Chinese by default, the choice stored in this browser.

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import type { Language } from '../../../domain/phrase.ts'
import { en } from './en.ts'
import { type Dictionary, zh } from './zh.ts'

interface Speech {
  language: Language
  text: Dictionary
  /** Switches to the other language. */
  toggle: () => void
  /** The name of a registered thing in the reader's language. */
  nameOf: (thing: { name: string; nameEn: string | null }) => string
}

const DICTIONARIES: Record<Language, Dictionary> = { zh, en }
/** Values of the `lang` attribute. */
export const HTML_LANG: Record<Language, string> = { zh: 'zh-CN', en: 'en' }
const STORAGE_KEY = 'kilowatch.language'

const LanguageContext = createContext<Speech | null>(null)

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(rememberedLanguage)
  useEffect(() => {
    document.documentElement.lang = HTML_LANG[language]
    rememberLanguage(language)
  }, [language])
  const speech = useMemo<Speech>(
    () => ({
      language,
      text: DICTIONARIES[language],
      toggle: () => setLanguage((current) => (current === 'zh' ? 'en' : 'zh')),
      nameOf: (thing) => (language === 'en' && thing.nameEn) || thing.name,
    }),
    [language],
  )
  return <LanguageContext value={speech}>{children}</LanguageContext>
}

/** The words of the page. Throws outside a LanguageProvider. */
export function useLanguage(): Speech {
  const speech = useContext(LanguageContext)
  if (!speech) throw new Error('useLanguage needs a LanguageProvider above it')
  return speech
}

// A browser may refuse storage (private mode, policy); then the choice lasts until the page is closed.
function rememberedLanguage(): Language {
  try {
    return localStorage.getItem(STORAGE_KEY) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh'
  }
}

function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(STORAGE_KEY, language)
  } catch {
    // Storage may be disabled: the page then begins in Chinese again next time.
  }
}
