// The list of documents is complete: every key that the sources build has a row, every row has a key. A rebuild deletes
// the derived rows, and no other.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ESTree, parseSync } from 'vite'
import { describe, expect, test } from 'vitest'
import { rebuild } from '../../../functions/rebuild.ts'
import { DOCUMENTS, documentOf } from '../../../functions/state/documents.ts'
import { derive, documents, NOON_MS, openTestPlatform, PROVINCE, register, send } from '../province.ts'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
const sources = ['functions', 'cloud', 'local'].flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(room, path)),
)

describe('the sources', () => {
  const built = sources.flatMap((path) =>
    keysIn(path, readFileSync(join(root, path), 'utf8')).map((key) => ({ path, key })),
  )

  test('build no key without a row', () => {
    expect(built.filter(({ key }) => rowOf(key) === undefined)).toEqual([])
  })

  test('build a key of every row', () => {
    const prefixes = new Set(built.map(({ key }) => rowOf(key)))
    expect(DOCUMENTS.map(({ prefix }) => prefix).filter((prefix) => !prefixes.has(prefix))).toEqual([])
  })

  test.each([
    ['a builder', `const newKey = (id: string) => docKey<string>(\`new/\${id}\`)`, ['new/']],
    ['a choice', `const newKey = (id?: string) => docKey<string>(id ? \`new/\${id}\` : 'new/')`, ['new/', 'new/']],
    ['a name', "const NEW_KEY = docKey<string>('new')", ['new']],
    ['a query', "state.query('new/')", ['new/']],
    ['a write', "state.put([{ key: 'new', value: 1 }])", ['new']],
    ['no comparison', `const newKey = (what: string) => docKey(what === 'new' ? '' : \`\${what}/1\`)`, []],
  ])('are searched for keys: %s', (_name, text, keys) => {
    expect(keysIn('a.ts', text)).toEqual(keys)
  })
})

describe('the rows', () => {
  test('have one prefix each', () => {
    expect(new Set(DOCUMENTS.map(({ prefix }) => prefix)).size).toBe(DOCUMENTS.length)
  })

  test('name every document that the steps write', async () => {
    const platform = await judgedProvince()
    const keys = Object.keys(await documents(platform))
    expect(keys.length).toBeGreaterThan(20)
    expect(keys.filter((key) => rowOf(key) === undefined)).toEqual([])
  })
})

test('a rebuild deletes the derived documents of the list and keeps all others', async () => {
  const platform = await judgedProvince()
  await platform.state.put(DOCUMENTS.map(({ prefix }) => ({ key: `${prefix}/x/1`, value: [] })))
  const before = Object.keys(await documents(platform))
  // The rebuild has deleted its documents by then, and has made none again.
  const stop = async (): Promise<void> => {
    throw new Error('stop')
  }
  await expect(rebuild(platform, stop)).rejects.toThrow('stop')
  const after = new Set(Object.keys(await documents(platform)))
  const deleted = before.filter((key) => !after.has(key))
  const isDerived = (key: string): boolean => documentOf(key.split('/'))?.kind === 'derived'
  expect(deleted).toEqual(before.filter(isDerived))
  expect([...new Set(deleted.map(rowOf))].toSorted()).toEqual(
    DOCUMENTS.filter(({ kind }) => kind === 'derived')
      .map(({ prefix }) => prefix)
      .toSorted(),
  )
})

async function judgedProvince() {
  const platform = await openTestPlatform()
  await register(platform, PROVINCE)
  const at = (n: number): number => NOON_MS - n * 3_600_000
  await send(
    platform,
    'G-A',
    [48, 24, 2, 1].map((n) => ({ meter: 'A-E', at: at(n), value: 1_000 - n })),
  )
  await send(platform, 'G-A', [{ meter: 'A-E', at: at(1), value: 'none' }])
  await derive(platform)
  return platform
}

/** The prefix of the row of a key, or of how a key begins. */
function rowOf(key: string): string | undefined {
  return documentOf(key.split('/'))?.prefix
}

const STORE_CALLS = new Set(['get', 'getMany', 'put', 'query', 'delete'])

/** How the keys begin that a source file builds: by docKey, in calls of the store, in new documents. */
function keysIn(path: string, text: string): string[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`)
  return nodesOf(program).flatMap((node) => {
    if (node.type === 'CallExpression') {
      const isBuilt = node.callee.type === 'Identifier' && node.callee.name === 'docKey'
      return isBuilt || isStoreCall(node) ? node.arguments.slice(0, 1).flatMap(texts) : []
    }
    if (node.type === 'Property' && node.key.type === 'Identifier' && node.key.name === 'key')
      return literal(node.value)
    return []
  })
}

/** `state.get(…)`, `platform.state.query(…)`. */
function isStoreCall({ callee }: ESTree.CallExpression): boolean {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false
  const { object } = callee
  const store = object.type === 'MemberExpression' ? object.property : object
  const isStore = store.type === 'Identifier' && ['state', 'docs'].includes(store.name)
  return isStore && STORE_CALLS.has(callee.property.name)
}

/** How the text begins that an expression gives. */
function texts(node: ESTree.Node): string[] {
  if (node.type === 'ConditionalExpression') return [...texts(node.consequent), ...texts(node.alternate)]
  return literal(node)
}

function literal(node: ESTree.Node): string[] {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value === '' ? [] : [node.value]
  if (node.type === 'TemplateLiteral') return [node.quasis[0].value.raw].filter((text) => text !== '')
  return []
}

const nodesOf = (node: ESTree.Node): ESTree.Node[] => [
  node,
  ...Object.values(node)
    .flat()
    .flatMap((child) => (isNode(child) ? nodesOf(child) : [])),
]

const isNode = (value: unknown): value is ESTree.Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
