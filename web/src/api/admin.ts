// Who may change something: the admin token and the name of whoever holds it. Both are kept for this browser tab alone,
// and the token goes nowhere but to the server that this page came from.

import { useSyncExternalStore } from 'react'

interface Admin {
  token: string | null
  name: string
}

const STORAGE_KEY = 'kilowatch.admin'
const listeners = new Set<() => void>()
let current: Admin = remembered()

/** The admin of this tab, as last remembered. */
export const useAdmin = (): Admin =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    () => current,
  )

/** Keeps token and name until the tab is closed; a null token forgets it. */
export function rememberAdmin(admin: Admin): void {
  current = admin
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(admin))
  } catch {
    // Storage may be switched off: then the token lasts as long as the page does.
  }
  for (const changed of listeners) changed()
}

function remembered(): Admin {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? '{}')
    const { token, name }: Partial<Record<string, unknown>> = typeof kept === 'object' && kept !== null ? kept : {}
    return { token: typeof token === 'string' ? token : null, name: typeof name === 'string' ? name : '' }
  } catch {
    return { token: null, name: '' }
  }
}
