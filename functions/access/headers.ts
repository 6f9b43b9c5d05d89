// Headers that keep browsers from doing with an answer what it is not for (docs/rules/access.md#headers), the same on
// both hosts.

const NEVER_SNIFFED = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' } as const

/** Of every answer of the API: data, which runs nothing and is shown in no frame. */
export const API_HEADERS: Readonly<Record<string, string>> = {
  ...NEVER_SNIFFED,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'cache-control': 'no-store',
}

/**
 * What the page may load: its own files, and connections to `connect`. Scripts come from files alone. Styles may stand
 * in the page: antd and ECharts write them at run time.
 */
export const pagePolicy = (connect: readonly string[] = ["'self'"]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src ${connect.join(' ')}`,
    "frame-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ')

export const pageHeaders = (): Readonly<Record<string, string>> => ({
  ...NEVER_SNIFFED,
  'content-security-policy': pagePolicy(),
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
})
