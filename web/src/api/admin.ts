// Stores, for this browser tab only, the machine's own credential that a visitor of a demo gave, and the name under
// which the tab's user acts. The credential is sent only to the server that this page came from.

const TOKEN_KEY = 'kilowatch.machine-token'
const NAME_KEY = 'kilowatch.admin-name'

/** Null: none was given. */
export const heldToken = (): string | null => held(TOKEN_KEY)

/** Keeps the credential until the tab is closed; null forgets it. */
export const rememberToken = (token: string | null): void => keep(TOKEN_KEY, token)

/** The name that was given last; empty: none. */
export const heldName = (): string => held(NAME_KEY) ?? ''

export const rememberName = (name: string): void => keep(NAME_KEY, name)

/** Storage may be disabled: then both last until the page is closed. */
const kept = new Map<string, string | null>()

function held(key: string): string | null {
  try {
    return sessionStorage.getItem(key) ?? kept.get(key) ?? null
  } catch {
    return kept.get(key) ?? null
  }
}

function keep(key: string, value: string | null): void {
  kept.set(key, value)
  try {
    if (value === null) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, value)
  } catch {
    // Kept above.
  }
}
