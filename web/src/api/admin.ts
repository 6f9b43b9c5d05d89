// Stores the admin token and the admin's name, for this browser tab only. The token is sent only to the server that
// this page came from.

import { useSyncExternalStore } from 'react'

interface Admin {
  token: string | null
  name: string
}

const STORAGE_KEY = 'kilowatch.admin'
const listeners = new Set<() => void>()
let current: Admin = remembered()

/** The admin stored for this tab. */
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
    // Storage may be disabled: then the token lasts until the page is closed.
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
