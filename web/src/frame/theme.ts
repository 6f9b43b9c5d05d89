// Says whether the page is light or dark: as the system is, unless its reader chose. Paper is always light.

import { useLayoutEffect, useSyncExternalStore } from 'react'
import { useIsPrinting } from '../api/printing.ts'
import { parseRoute } from './route.ts'

export type Theme = 'light' | 'dark'
export const THEME_CHOICES = ['system', 'light', 'dark'] as const
export type ThemeChoice = (typeof THEME_CHOICES)[number]

const STORAGE_KEY = 'kilowatch.theme'

const listeners = new Set<() => void>()
let choice: ThemeChoice | undefined

/** Marks the document, before anything is drawn on it. Call once. */
export const startTheme = (): void => mark(themeOnScreen())

/** Keeps the mark of the document true, on paper too. Stands at the top of the page. */
export function useThemeMark(): void {
  const theme = useTheme()
  useLayoutEffect(() => mark(theme), [theme])
}

/** The theme in which the page is shown now. */
export function useTheme(): Theme {
  const onScreen = useSyncExternalStore(subscribe, themeOnScreen)
  return useIsPrinting() ? 'light' : onScreen
}

/** The reader's choice, and how to change it. */
export const useThemeChoice = (): [ThemeChoice, (chosen: ThemeChoice) => void] => [
  useSyncExternalStore(subscribe, choiceNow),
  choose,
]

const mark = (theme: Theme): void => document.documentElement.setAttribute('data-theme', theme)

const systemTheme = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)')

/** The wall screen of a meeting room is dark, unless its reader chose light. */
function themeOnScreen(): Theme {
  const chosen = choiceNow()
  if (chosen !== 'system') return chosen
  return systemTheme().matches || parseRoute(location.hash).page === 'wall' ? 'dark' : 'light'
}

function subscribe(changed: () => void): () => void {
  const system = systemTheme()
  listeners.add(changed)
  system.addEventListener('change', changed)
  addEventListener('hashchange', changed)
  return () => {
    listeners.delete(changed)
    system.removeEventListener('change', changed)
    removeEventListener('hashchange', changed)
  }
}

function choose(chosen: ThemeChoice): void {
  choice = chosen
  try {
    localStorage.setItem(STORAGE_KEY, chosen)
  } catch {
    // Storage may be disabled: the choice then lasts until the page is closed.
  }
  for (const changed of listeners) changed()
}

const choiceNow = (): ThemeChoice => {
  choice ??= rememberedChoice()
  return choice
}

// A browser may refuse storage (private mode, policy).
function rememberedChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORAGE_KEY)
    return THEME_CHOICES.find((one) => one === stored) ?? 'system'
  } catch {
    return 'system'
  }
}
