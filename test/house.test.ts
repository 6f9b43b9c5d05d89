// Holds the walls of the house (docs/rules/platform.md#rooms) and its habits, over every file of the repository: which
// room may import which, what the pure rooms may not touch, how files open and are named. It also shows that it looked,
// and that each rule bites.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { missingFrom } from '../bin/install.mjs'
import { machinePlaces, parseSource, rooms, rules, type Source } from './house-rules.ts'
import { treeRules, wholeTreeRules } from './house-tree.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const NOT_OURS = new Set(['node_modules', '.git', 'data', 'dist', 'cdk.out', 'coverage'])
const SOURCE_FILE = /\.(ts|tsx|mjs)$/
const TEXT_FILE = /(\.(ts|tsx|mjs|json|md|html|css|yml|yaml|csv|svg)|\/run|\.gitignore|\.npmrc)$/

const texts = filesBelow('')
  .filter((path) => TEXT_FILE.test(`/${path}`))
  .map((path): Source => ({ path, text: readFileSync(join(root, path), 'utf8') }))
const sources = texts.filter(({ path }) => SOURCE_FILE.test(path)).map(parseSource)

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (NOT_OURS.has(entry.name)) return []
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

describe('the census', () => {
  test.each(Object.entries(rooms))('finds the source files of room %s', (room, { filesMin }) => {
    expect(sources.filter((source) => source.room === room).length).toBeGreaterThanOrEqual(filesMin)
  })

  test('sees imports between rooms, comments and calls', () => {
    const count = (of: (source: (typeof sources)[number]) => unknown[]) => sources.flatMap(of).length
    expect(count(({ requests }) => requests.filter((request) => request.startsWith('../')))).toBeGreaterThan(50)
    expect(count(({ comments }) => comments)).toBeGreaterThan(200)
    expect(count(({ calls }) => calls)).toBeGreaterThan(500)
  })
})

describe('the tree keeps the rule', () => {
  test.each(Object.entries(rules))('%s', (_name, rule) => {
    expect(sources.flatMap(rule)).toEqual([])
  })

  test.each(Object.entries({ ...treeRules, ...wholeTreeRules }))('%s', (_name, rule) => {
    expect(rule({ sources, texts })).toEqual([])
  })

  test('no place of one machine', () => {
    expect(texts.flatMap(machinePlaces)).toEqual([])
  })

  test('the lock is in step with package.json', () => {
    const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
    const { dependencies, devDependencies } = read('package.json')
    expect(read('package-lock.json').packages['']).toMatchObject({ dependencies, devDependencies })
  })
})

describe('the rule bites', () => {
  const bites: [keyof typeof rules, path: string, text: string][] = [
    ['importsStayInTheirRooms', 'domain/a.ts', "import { readFileSync } from 'node:fs'"],
    ['importsStayInTheirRooms', 'domain/a.ts', "import type { Platform } from '../functions/platform.ts'"],
    ['importsStayInTheirRooms', 'domain/a.ts', "import { parse } from 'csv-parse/sync'"],
    ['importsStayInTheirRooms', 'domain/standards/a.ts', "export * from '../../local/cli.ts'"],
    ['importsStayInTheirRooms', 'functions/a.ts', "import '../local/platform.ts'"],
    ['importsStayInTheirRooms', 'functions/a.ts', "const fs = await import('node:fs')"],
    ['importsStayInTheirRooms', 'functions/a.ts', "import net from 'node:net'"],
    ['importsStayInTheirRooms', 'cloud/a.ts', "export { a } from '../local/a.ts'"],
    ['importsStayInTheirRooms', 'local/a.ts', "let a: import('../cloud/platform.ts').A"],
    ['importsStayInTheirRooms', 'local/a.ts', "new Worker(new URL('../bench/load.mjs', import.meta.url))"],
    ['importsStayInTheirRooms', 'infra/a.ts', "import { ingest } from '../functions/ingest.ts'"],
    ['importsStayInTheirRooms', 'infra/a.ts', "import { hourStart } from '../domain/calendar.ts'"],
    ['importsStayInTheirRooms', 'devices/a.ts', "import { host } from '../local/host.ts'"],
    ['importsStayInTheirRooms', 'web/src/a.tsx', "import { a } from '../../functions/api.ts'"],
    [
      'importsStayInTheirRooms',
      'web/src/a.tsx',
      "import { join } from 'node:path'\nexport const A = () => <p>it's</p>",
    ],
    ['importsStayInTheirRooms', 'bench/a.ts', "import { sharedFile } from '../test/shared.ts'"],
    ['importsStayInTheirRooms', 'local/a.ts', "const a = require('../test/a.ts')"],
    ['importsStayInTheirRooms', 'bin/a.mjs', "import { z } from 'zod'"],
    ['importsStayInTheirRooms', 'shed/a.ts', 'export const a = 1'],
    ['pureRoomsDoNotTouchTheWorld', 'domain/a.ts', 'const a = Date.now()'],
    ['pureRoomsDoNotTouchTheWorld', 'domain/a.ts', 'const now = Date.now'],
    ['pureRoomsDoNotTouchTheWorld', 'domain/a.ts', 'const a = new Date()'],
    ['pureRoomsDoNotTouchTheWorld', 'domain/a.ts', 'const a = Math.random()'],
    ['pureRoomsDoNotTouchTheWorld', 'domain/a.ts', 'const a = performance.now()'],
    ['pureRoomsDoNotTouchTheWorld', 'domain/a.ts', 'const a = process.pid'],
    ['pureRoomsDoNotTouchTheWorld', 'functions/a.ts', 'const a = Date.now()'],
    ['bundlesHoldWhatTheyUse', 'functions/a.ts', "// Why.\nimport { z } from 'zod'"],
    ['threadsLoadNoTypeScript', 'local/a.ts', `// Why.\nnew ${'Wor'}ker(new URL('./b.ts', import.meta.url))`],
    ['relativeImportsNameTheirExtension', 'local/a.ts', "import { b } from './b'"],
    ['relativeImportsNameTheirExtension', 'local/a.ts', "import { b } from './b.js'"],
    ['filesOpenWithAComment', 'local/a.ts', 'export const a = 1 // why'],
    ['filesOpenWithAComment', 'local/a.ts', '// One. Two. Three. Four. Five.'],
    ['filesHaveNames', 'local/utils.ts', ''],
    ['filesHaveNames', 'web/src/index.ts', ''],
    ['filesHaveNames', 'web/src/AreaPage.tsx', ''],
    ['nothingIsLeftUnfinished', 'local/a.ts', `/* ${'TO'}${'DO'}: the rest */`],
    ['testsAreNotSkipped', 'test/a.test.ts', "test.skip('counts', () => {})"],
    ['testsAreNotSkipped', 'test/a.test.ts', "describe.only('counts', () => {})"],
    ['testsAreNotSkipped', 'test/a.test.ts', "test.concurrent.todo('counts')"],
    ['functionsAreShort', 'local/a.ts', `export const a = () => {\n${'b()\n'.repeat(60)}}`],
    ['commentsFitTheirColumns', 'local/a.ts', `// Why.\n${' '.repeat(110)}// Because it is so.`],
  ]
  test.each(bites)('%s in %s: %s', (name, path, text) => {
    expect(rules[name](parseSource({ path, text }))).toHaveLength(1)
  })

  const treeBites: [keyof typeof treeRules, files: Record<string, string>][] = [
    ['floorsAreInOrder', { 'domain/settle/a.ts': "import { b } from '../judge/b.ts'" }],
    ['floorsAreInOrder', { 'domain/a.ts': "import type { B } from './registry/b.ts'" }],
    ['floorsAreInOrder', { 'functions/registry/a.ts': "import type { B } from '../api/b.ts'" }],
    ['floorsAreInOrder', { 'domain/shed/a.ts': 'export const a = 1' }],
    ['floorsAreInOrder', { 'cloud/series/any/store.ts': "import { seriesStores } from '../stores.ts'" }],
    [
      'noCircles',
      { 'domain/a.ts': "import type { B } from './b.ts'", 'domain/b.ts': "import type { A } from './a.ts'" },
    ],
    ['onlyTriggersLieInFunctions', { 'functions/shard.ts': 'export const a = 1' }],
    ['onlyHostsImportTriggers', { 'functions/judging/a.ts': "import { settle } from '../settle.ts'" }],
    [
      'citationsOpen',
      { 'domain/a.ts': `// docs/rules/settling.md#${'no-such-rule'}`, 'docs/rules/settling.md': '## Rollover' },
    ],
    ['citationsOpen', { 'domain/a.ts': `// docs/rules/${'absent'}.md` }],
    ['citationsOpen', { 'domain/a.ts': `// the ladder: facts ${'§'}3.2` }],
    ['namedFilesExist', { 'domain/a.ts': `// See domain/${'absent'}.ts.` }],
    ['exportedNamesAreUnique', { 'domain/a.ts': 'export const one = 1', 'functions/b.ts': 'export function one() {}' }],
    ['dependenciesAreDecided', { 'package.json': '{"dependencies":{"left-pad":"1"}}' }],
    ['dependenciesAreDecided', { 'docs/decisions/0004-dependencies.md': '| left-pad | 1 |' }],
  ]
  test.each(treeBites)('%s in %o', (name, files) => {
    const given = Object.entries(files).map(([path, text]): Source => ({ path, text }))
    const parsed = given.filter(({ path }) => path.endsWith('.ts')).map(parseSource)
    expect(treeRules[name]({ sources: parsed, texts: given })).toHaveLength(1)
  })

  test('floorsExist: an empty tree has none of the places', () => {
    expect(wholeTreeRules.floorsExist({ sources: [], texts: [] })).toContainEqual(
      expect.stringContaining('domain/judge'),
    )
  })

  test('a citation that opens is let pass', () => {
    const texts = [
      { path: 'domain/a.ts', text: '// docs/rules/settling.md#rollover' },
      { path: 'docs/rules/settling.md', text: '## Rollover\n' },
    ]
    expect(treeRules.citationsOpen({ sources: [], texts })).toEqual([])
  })

  const keeps: [keyof typeof rules, path: string, text: string][] = [
    ['importsStayInTheirRooms', 'domain/standards/a.ts', "import { z } from 'zod'\nimport { b } from '../b.ts'"],
    ['importsStayInTheirRooms', 'domain/a.ts', "// import fs from 'node:fs'\nconst a = \"import 'node:fs'\""],
    ['importsStayInTheirRooms', 'functions/a.ts', "import middy from '@middy/core'"],
    ['importsStayInTheirRooms', 'infra/a.ts', "import { triggers } from '../functions/triggers.ts'"],
    ['importsStayInTheirRooms', 'local/a.ts', "import { replay } from '../devices/replay/replay.ts'"],
    ['importsStayInTheirRooms', 'web/vite.config.ts', "import { join } from 'node:path'"],
    ['bundlesHoldWhatTheyUse', 'functions/a.ts', "import type { z } from 'zod'\nimport * as y from 'zod'"],
    ['bundlesHoldWhatTheyUse', 'test/a.ts', "import { z } from 'zod'"],
    ['pureRoomsDoNotTouchTheWorld', 'domain/a.ts', 'const a = new Date(ms)\nconst b = plan.performance'],
    ['pureRoomsDoNotTouchTheWorld', 'local/a.ts', 'const a = Date.now()'],
    ['filesOpenWithAComment', 'bin/a.mjs', '#!/usr/bin/env node\n// Why, e.g. this one (RFC 5321 §4.2.1).\n'],
    ['filesOpenWithAComment', 'devices/a.ts', '// One. Two.\n//\n// Three. Four. Five.'],
    ['filesOpenWithAComment', 'local/a.ts', '/**\n * Why it exists.\n */\nexport const a = 1'],
    ['testsAreNotSkipped', 'test/a.test.ts', "test.skipIf(missing)('counts', () => {})"],
    ['testsAreNotSkipped', 'local/a.ts', 'const next = cursor.skip(3)'],
    [
      'functionsAreShort',
      'local/a.ts',
      `export const a = () => {\n${'b()\n'.repeat(40)}const c = () => {\n${'d()\n'.repeat(40)}}\n}`,
    ],
    ['functionsAreShort', 'test/a.test.ts', `const a = () => {\n${'b()\n'.repeat(90)}}`],
    ['commentsFitTheirColumns', 'local/a.ts', `// ${'a'.repeat(117)}\nconst a = '${'b'.repeat(120)}'`],
  ]
  test.each(keeps)('%s lets pass in %s: %s', (name, path, text) => {
    expect(rules[name](parseSource({ path, text }))).toEqual([])
  })

  test('a file with a syntax error is not waved through', () => {
    expect(() => parseSource({ path: 'domain/a.ts', text: 'const = 1' })).toThrow('domain/a.ts')
  })

  test.each([
    ['an absolute path', `const a = '/${'tmp'}/a'`],
    ['a registry', `"resolved": "${'http'}s://example.org/a.tgz"`],
  ])('finds %s', (_name, text) => {
    expect(machinePlaces({ path: 'a.json', text })).toHaveLength(1)
  })

  test('paths of the project and of a URL are no places of a machine', () => {
    expect(machinePlaces({ path: 'a.md', text: 'see ../work/a, local/tmp/a and https://a.cn/work/a' })).toEqual([])
  })
})

describe('the install compares what is there with the lock', () => {
  const locked = {
    '': { version: '1' },
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/b': { version: '1.0.0', optional: true },
  }
  test.each([
    ['nothing is installed', {}, ['node_modules/a']],
    ['another version is', { 'node_modules/a': { version: '1.0.1', integrity: 'x' } }, ['node_modules/a']],
    ['another content is', { 'node_modules/a': { version: '1.0.0', integrity: 'y' } }, ['node_modules/a']],
    ['only an optional one is absent', { 'node_modules/a': { version: '1.0.0', integrity: 'x' } }, []],
  ])('%s', (_name, installed, missing) => {
    expect(missingFrom(locked, installed)).toEqual(missing)
  })
})
