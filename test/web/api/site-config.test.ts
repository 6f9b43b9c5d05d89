// What config.json may say, and what is said of a wrong one.

import { expect, test } from 'vitest'
import { parseSiteConfig } from '../../../web/src/api/site-config.ts'

const BASE = 'https://page.example/energy/'
const oidc = { issuer: 'https://issuer.example', clientId: 'page' }

test.each(['', ' \n', '{}'])('%j says nothing: the API is beside the page, and nobody signs in', (text) => {
  expect(parseSiteConfig(text, BASE)).toEqual({ apiUrl: BASE, oidc: null })
})

test.each([
  { apiUrl: 'https://api.example', want: 'https://api.example/' },
  { apiUrl: 'https://api.example/prod', want: 'https://api.example/prod/' },
  { apiUrl: '/', want: 'https://page.example/' },
  { apiUrl: 'http://127.0.0.1:8080', want: 'http://127.0.0.1:8080/' },
])('the API at $apiUrl is below $want', ({ apiUrl, want }) => {
  expect(parseSiteConfig(JSON.stringify({ apiUrl }), BASE).apiUrl).toBe(want)
})

test('an API beside a page without https is as safe as the page', () => {
  expect(parseSiteConfig('', 'http://kilowatch.lan:8080/').apiUrl).toBe('http://kilowatch.lan:8080/')
})

test('the issuer stays as it is written, and the scope is that of an identity', () => {
  expect(parseSiteConfig(JSON.stringify({ oidc }), BASE).oidc).toEqual({ ...oidc, scope: 'openid' })
})

test.each([
  { text: '<!doctype html>', says: 'config.json is no JSON' },
  { text: '[]', says: 'config.json: the file is no object' },
  { text: '{"oidc":null}', says: 'config.json: oidc is no object' },
  { text: '{"oidc":{"clientId":"x"}}', says: 'config.json: oidc.issuer is no address' },
  { text: '{"oidc":{"issuer":"http://far.example","clientId":"x"}}', says: 'config.json: oidc.issuer is not https' },
  { text: JSON.stringify({ oidc: { ...oidc, clientId: '' } }), says: 'config.json: oidc.clientId is missing' },
  { text: JSON.stringify({ oidc: { ...oidc, scope: 'email' } }), says: 'config.json: oidc.scope has no "openid"' },
  { text: '{"apiUrl":"http://far.example/"}', says: 'config.json: apiUrl is not https' },
  { text: '{"apiUrl":7}', says: 'config.json: apiUrl is no address' },
])('$text: $says', ({ text, says }) => {
  expect(() => parseSiteConfig(text, BASE)).toThrow(says)
})
