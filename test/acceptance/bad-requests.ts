// HTTP requests that are wrong or hostile, each with the status it gets. Paths are relative to /api/v1/.

import { PASSWORDS } from './bad-messages.ts'

export interface BadRequest {
  behaviour: string
  path: string
  init?: RequestInit & { headers?: Record<string, string> }
  status: number
}

export const basic = (id: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`,
})
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const own = basic('bad', PASSWORDS.bad)
const post = (body: string, headers = own): BadRequest['init'] => ({ method: 'POST', body, headers })
const put = (body: string, headers: Record<string, string>): BadRequest['init'] => ({ method: 'PUT', body, headers })

export function badRequests(adminToken: string): BadRequest[] {
  const admin = bearer(adminToken)
  return [
    { behaviour: 'a wrong admin token', path: 'registry', init: put('{}', bearer('wrong')), status: 401 },
    { behaviour: 'an empty admin token', path: 'registry', init: put('{}', bearer('')), status: 401 },
    {
      behaviour: 'an admin token with other letters',
      path: 'registry',
      init: put('{}', bearer(`${adminToken.slice(1)}\xE9`)),
      status: 401,
    },
    { behaviour: "a gateway's password for an admin's work", path: 'registry', init: put('{}', own), status: 401 },
    { behaviour: 'a body that is not JSON', path: 'registry', init: put('{', admin), status: 400 },
    {
      behaviour: 'a body 100,000 levels deep',
      path: 'registry',
      init: put(`{"areas":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, admin),
      status: 400,
    },
    {
      behaviour: 'a body with `__proto__` keys',
      path: 'registry',
      init: put('{"__proto__":{"areas":[]},"areas":[{"__proto__":{"code":"x"}}]}', admin),
      status: 400,
    },
    { behaviour: 'a body of 1 MB from nobody', path: 'registry', init: put('x'.repeat(1e6), {}), status: 413 },
    { behaviour: 'a body of 5 MB from a gateway', path: 'readings', init: post(' '.repeat(5e6)), status: 413 },
    { behaviour: 'readings without credentials', path: 'readings', init: post('{}', {} as typeof own), status: 401 },
    {
      behaviour: 'readings with a wrong password',
      path: 'readings',
      init: post('{}', basic('bad', 'wrong')),
      status: 401,
    },
    { behaviour: 'a query of 30 kB', path: `institutions?area=${'x'.repeat(30_000)}`, status: 431 },
    { behaviour: 'a page of a million', path: 'rejections?limit=1000000', init: { headers: admin }, status: 400 },
    {
      behaviour: 'a cursor of another list',
      path: 'institutions?cursor=nonsense',
      init: { headers: admin },
      status: 400,
    },
    { behaviour: 'month 13', path: 'areas/hostile/status?month=2026-13', init: { headers: admin }, status: 400 },
    {
      behaviour: 'a month of the year 9999',
      path: 'areas/hostile/status?month=9999-12',
      init: { headers: admin },
      status: 400,
    },
    {
      behaviour: 'a month of the year 0',
      path: 'areas/hostile/status?month=0000-01',
      init: { headers: admin },
      status: 400,
    },
    {
      behaviour: 'a range of 60,000 years',
      path: 'meters/bad-E/series?from=-999999999999999&to=999999999999999',
      init: { headers: admin },
      status: 400,
    },
    {
      behaviour: 'a range of 1,000 years of months',
      path: 'meters/bad-E/series?from=0&to=32503679999999&grain=month',
      init: { headers: admin },
      status: 400,
    },
    {
      behaviour: 'a range that ends before it begins',
      path: 'meters/bad-E/series?from=2&to=1',
      init: { headers: admin },
      status: 400,
    },
    { behaviour: 'an area called `__proto__`', path: 'areas/__proto__', init: { headers: admin }, status: 404 },
    {
      behaviour: 'an institution called `constructor`',
      path: 'institutions/constructor',
      init: { headers: admin },
      status: 404,
    },
    { behaviour: 'a NUL in the path', path: 'meters/%00', init: { headers: admin }, status: 404 },
    { behaviour: 'a path that is not UTF-8', path: 'meters/%E0%A4%A', init: { headers: admin }, status: 400 },
    { behaviour: 'a method that there is not', path: 'health', init: { method: 'DELETE' }, status: 404 },
  ]
}

/** Sent byte for byte, because every client library would tidy them: nothing outside the page's folder is served. */
export const BAD_PATHS: { behaviour: string; path: string; status: number }[] = [
  { behaviour: '`/../` in a path', path: '/../secret.txt', status: 404 },
  { behaviour: '`/%2e%2e/` in a path', path: '/%2e%2e/secret.txt', status: 404 },
  { behaviour: '`/..%2f` in a path', path: '/..%2fsecret.txt', status: 404 },
  { behaviour: '`\\..\\` in a path', path: '/..\\secret.txt', status: 404 },
  { behaviour: 'an absolute path after `//`', path: '//etc/passwd', status: 404 },
  { behaviour: '`/../` behind the API', path: '/api/v1/../../secret.txt', status: 404 },
  { behaviour: 'a page path that is not UTF-8', path: '/%E0%A4%A', status: 404 },
  { behaviour: 'a NUL in a page path', path: '/%00', status: 404 },
  { behaviour: 'an address instead of a path', path: 'http://x/../secret.txt', status: 404 },
]
