// The walls of the house that need the whole tree: the floors inside a room, circles, the files that lie directly in
// functions/, citations that must open, and the list of dependencies. test/house.test.ts runs them over the tree, and
// shows of each that it bites.

import { posix } from 'node:path'
import type { Finding, ParsedSource, Source } from './house-rules.ts'

export type TreeRule = (tree: Tree) => Finding[]
export interface Tree {
  sources: readonly ParsedSource[]
  /** Every text file, documents included. */
  texts: readonly Source[]
}

/** The files directly in functions/: the table of triggers, the ports, and one file for each trigger. */
const FUNCTIONS_BASE = ['functions/platform.ts', 'functions/handler.ts', 'functions/triggers.ts']
const FUNCTIONS_TRIGGERS = [
  'ingest',
  'settle',
  'assess',
  'rollup',
  'notify',
  'prune',
  'reports',
  'contract',
  'control',
  'api',
].map((name) => `functions/${name}.ts`)
/** Not a trigger: the command `kilowatch rebuild` runs the triggers one after another. */
const REBUILD = 'functions/rebuild.ts'

/**
 * Floors of each room, the lowest first. A place is a file, or a folder and stands for the files directly in it;
 * `folder/*` stands for each folder in it. A file imports from its own floor and from those below.
 */
const FLOORS: readonly (readonly (readonly string[])[])[] = [
  [
    ['domain'],
    ['domain/registry'],
    ['domain/standards', 'domain/wire', 'domain/access'],
    ['domain/settle'],
    ['domain/energy'],
    ['domain/judge'],
    ['domain/savings', 'domain/control'],
    ['domain/contract'],
    ['domain/alert', 'domain/alert/kinds', 'domain/import'],
    ['domain/notify'],
    ['domain/view'],
    ['domain/explain'],
    ['domain/report', 'domain/report/forms'],
  ],
  [
    FUNCTIONS_BASE,
    ['functions/state', 'functions/wire'],
    ['functions/registry'],
    ['functions/settling'],
    ['functions/judging'],
    ['functions/rebuilding'],
    ['functions/alerts'],
    ['functions/telling'],
    ['functions/reporting'],
    ['functions/contracting', 'functions/controlling'],
    ['functions/access'],
    ['functions/api'],
    FUNCTIONS_TRIGGERS,
    [REBUILD],
  ],
  [
    ['cloud'],
    ['cloud/state', 'cloud/series', 'cloud/events'],
    ['cloud/series/*'],
    ['cloud/series/stores.ts'],
    ['cloud/stores.ts'],
    ['cloud/platform.ts', 'cloud/replay-dead-letters.ts', 'cloud/replay-undelivered.ts'],
    ['cloud/replay-record.ts'],
    ['cloud/entries', 'cloud/command-replay-dlq.ts'],
    ['cloud/command-replay-record.ts'],
    ['cloud/cli.ts'],
  ],
  [['local/helper-process.ts'], ['local/lake'], ['local'], ['local/command'], ['local/cli.ts']],
  [
    ['devices', 'devices/codecs'],
    ['devices/lines'],
    ['devices/collectors'],
    ['devices/simulated', 'devices/drivers', 'devices/demo', 'devices/replay'],
    ['devices/drivers.ts'],
  ],
  [
    ['web/src/api'],
    ['web/src/words'],
    ['web/src/charts', 'web/src/frame'],
    ['web/src/cards'],
    ['web/src/pages'],
    ['web/src'],
  ],
]

/** Imports that go against the rules, each with its reason. */
const EXCEPTIONS = new Set([
  // A reading posted over HTTP goes the way of one that came over MQTT: the route calls the trigger.
  'functions/api/intake.ts functions/ingest.ts',
])
const isExcepted = (path: string, target: string): boolean => EXCEPTIONS.has(`${path} ${target}`)

const placesOf = new Map(
  FLOORS.flatMap((floors, room) => floors.flatMap((places, floor) => places.map((place) => [place, { room, floor }]))),
)
/** The names under which a floor can name a file, the nearest first. */
const namesOf = (path: string): string[] => {
  const folder = posix.dirname(path)
  return [path, folder, `${posix.dirname(folder)}/*`]
}
const floorOf = (path: string) =>
  namesOf(path)
    .map((name) => placesOf.get(name))
    .find((place) => place !== undefined)
/** Rooms with floors: a folder in them that no floor names is a finding. */
const FLOORED = /^(domain|functions|cloud|local|devices|web\/src)\//

/** The files of the project that a file imports, from the project root. */
const importsOf = ({ path, requests }: ParsedSource): string[] =>
  requests
    .filter((request) => request.startsWith('.'))
    .map((request) => posix.normalize(posix.join(posix.dirname(path), request)))

const floorsAreInOrder: TreeRule = ({ sources }) =>
  sources.flatMap((source) => {
    if (!FLOORED.test(source.path)) return []
    const own = floorOf(source.path)
    if (!own) return [`${source.path}: its folder is on no floor of test/house-tree.ts`]
    return importsOf(source)
      .filter((target) => {
        const below = floorOf(target)
        return below?.room === own.room && below.floor > own.floor && !isExcepted(source.path, target)
      })
      .map((target) => `${source.path}: imports ${target} from a higher floor`)
  })

/** A floor that names a place which is gone would hold nothing. */
const floorsExist: TreeRule = ({ sources }) => {
  const places = new Set(sources.flatMap(({ path }) => namesOf(path)))
  return [...placesOf.keys()]
    .filter((place) => !places.has(place))
    .map((place) => `test/house-tree.ts: a floor names ${place}, where no source file lies`)
}

const PROJECT_FILE =
  /(?<![\w/.@*<-])(?:domain|functions|cloud|local|devices|infra|web|bin|bench|test)\/[\w/.-]+\.(?:tsx?|mjs)\b/g
/** Comments and documents name files that exist. The changelog tells of the past; house tests name what is absent. */
const namedFilesExist: TreeRule = ({ texts }) => {
  const paths = new Set(texts.map(({ path }) => path))
  return texts
    .filter(({ path }) => /\.(?:tsx?|mjs|md)$/.test(path) && path !== 'CHANGELOG.md' && !path.startsWith('test/house'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(PROJECT_FILE)]
        .filter(([file]) => !paths.has(file))
        .map(([file]) => `${path}: names ${file}, which does not exist`),
    )
}

/** Files that import one another, types included. A circle is named by all of its files. */
const noCircles: TreeRule = ({ sources }) => {
  const next = new Map(sources.map((source) => [source.path, importsOf(source)]))
  const reach = (from: string): Set<string> => {
    const seen = new Set<string>()
    const waiting = [...(next.get(from) ?? [])]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      waiting.push(...(next.get(at) ?? []))
    }
    return seen
  }
  const circles = new Set<string>()
  const reached = new Map([...next.keys()].map((path) => [path, reach(path)]))
  for (const [path, others] of reached) {
    if (!others.has(path)) continue
    circles.add(
      [...others]
        .filter((other) => reached.get(other)?.has(path))
        .sort()
        .join(' ↔ '),
    )
  }
  return [...circles]
}

const onlyTriggersLieInFunctions: TreeRule = ({ sources }) => {
  const named = new Set([...FUNCTIONS_BASE, ...FUNCTIONS_TRIGGERS, REBUILD])
  return sources
    .filter(({ path }) => posix.dirname(path) === 'functions' && !named.has(path))
    .map(({ path }) => `${path}: only triggers, platform and handler lie directly in functions/`)
}

/** Hosts compose triggers, and so do tests; the rooms below them do not know who calls. */
const onlyHostsImportTriggers: TreeRule = ({ sources }) =>
  sources
    .filter(({ path, room }) => ['functions', 'domain'].includes(room) && path !== REBUILD)
    .flatMap((source) =>
      importsOf(source)
        .filter((target) => FUNCTIONS_TRIGGERS.includes(target) && !isExcepted(source.path, target))
        .map((target) => `${source.path}: imports the trigger ${target}`),
    )

const CITATION = /docs\/(?:rules|decisions)\/[\w.-]+\.md(?:#[\w\u4e00-\u9fff-]+)?/g
const LOST_CITATION = /\b(?:facts(?:-2)?|design) ?§/

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-')

const citationsOpen: TreeRule = ({ texts }) => {
  const anchors = new Map(
    texts
      .filter(({ path }) => path.startsWith('docs/'))
      .map(({ path, text }) => [
        path,
        new Set([...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => anchorOf(heading))),
      ]),
  )
  return texts.flatMap(({ path, text }) => {
    const closed = [...text.matchAll(CITATION)].flatMap(([citation]) => {
      const [document = '', anchor] = citation.split('#')
      const known = anchors.get(document)
      return known && (anchor === undefined || known.has(anchor)) ? [] : [`${path}: ${citation} does not open`]
    })
    const lost = LOST_CITATION.exec(text)
    return lost && !path.startsWith('test/house') ? [...closed, `${path}: cites "${lost[0]}"`] : closed
  })
}

const DECISION = 'docs/decisions/0004-dependencies.md'

/** Runtime dependencies and decision 0004 name the same packages. `@aws-sdk/*` stands for the SDK's clients. */
const dependenciesAreDecided: TreeRule = ({ texts }) => {
  const read = (wanted: string): string => texts.find(({ path }) => path === wanted)?.text ?? ''
  const used = Object.keys(JSON.parse(read('package.json') || '{}').dependencies ?? {})
  const rows = [...read(DECISION).matchAll(/^\| ([@\w/*., -]+?) +\|/gm)].flatMap(([, cell = '']) => cell.split(', '))
  const decided = new Set(rows.map((name) => name.trim()).filter((name) => !/^(package|-+)$/.test(name)))
  const covers = (row: string, name: string): boolean =>
    row.endsWith('/*') ? name.startsWith(row.slice(0, -1)) : row === name
  return [
    ...used
      .filter((name) => ![...decided].some((row) => covers(row, name)))
      .map((name) => `package.json: ${name} has no row in ${DECISION}`),
    ...[...decided]
      .filter((row) => !used.some((name) => covers(row, name)))
      .map((row) => `${DECISION}: ${row} is no dependency`),
  ]
}

/** Names that several files have to export: what Lambda calls. */
const SHARED_NAMES = new Set(['handler'])
const NAMED_ROOM = /^(domain|functions|cloud|local|infra|devices|web|bin)\//

/** One name, one thing: who searches for it finds it. */
const exportedNamesAreUnique: TreeRule = ({ sources }) => {
  const filesOf = new Map<string, string[]>()
  for (const { path, exports } of sources.filter((source) => NAMED_ROOM.test(source.path)))
    for (const name of new Set(exports)) filesOf.set(name, [...(filesOf.get(name) ?? []), path])
  return [...filesOf]
    .filter(([name, files]) => files.length > 1 && !SHARED_NAMES.has(name))
    .map(([name, files]) => `${files[0]}: ${name} is also exported by ${files.slice(1).join(', ')}`)
}

export const treeRules = {
  exportedNamesAreUnique,
  floorsAreInOrder,
  namedFilesExist,
  noCircles,
  onlyTriggersLieInFunctions,
  onlyHostsImportTriggers,
  citationsOpen,
  dependenciesAreDecided,
} satisfies Record<string, TreeRule>

/** Asked of the tree as a whole; a tree of a few files in a test would break it. */
export const wholeTreeRules = { floorsExist } satisfies Record<string, TreeRule>
