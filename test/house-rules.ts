// The walls of the house (docs/rules/platform.md#rooms) and the habits that are checked by machine, each as a rule over
// one parsed source file. test/house.test.ts runs them over the tree, and shows of each that it bites.

import { posix } from 'node:path'
import { type ESTree, parseSync } from 'vite'

export interface Source {
  /** From the project root, with slashes. */
  path: string
  text: string
}
/** What is wrong, starting with the path. */
export type Finding = string
export type Rule = (source: ParsedSource) => Finding[]

export interface ParsedSource extends Source {
  room: string
  /** Module requests of every import, export-from, import() and import type, and literals that name a module file. */
  requests: string[]
  /** Text of each comment, in order. */
  comments: string[]
  /** The first paragraph of the comment at the very top of the file, or ''. */
  opening: string
  /** Dotted names as used, such as `Date.now` or `test.skip`. */
  members: string[]
  /** Called names, with `()` when called with no argument, such as `new Date()`. */
  calls: string[]
  /** Names that the file exports by a declaration. */
  exports: string[]
  /** Each function with its own lines: those of functions in it count there. */
  functions: { name: string; lines: number }[]
}

/** What each room may import. Rooms that are not named may not be entered. */
interface Room {
  /** Folders, or single files. */
  project: readonly string[]
  /** npm packages: all, or these. */
  packages: 'all' | readonly string[]
  /** Node.js built-ins: all, or these. */
  builtins: 'all' | readonly string[]
  /** Fewer source files than this mean that the census did not look. */
  filesMin: number
}

/** Built-ins that only compute: no file, no socket, no process. */
const COMPUTING_BUILTINS = ['node:assert', 'node:buffer', 'node:crypto', 'node:util', 'node:zlib']

const ALL_ROOMS = ['domain', 'functions', 'cloud', 'local', 'infra', 'devices', 'web', 'bin']

export const rooms: Readonly<Record<string, Room>> = {
  domain: { project: ['domain'], packages: ['zod'], builtins: [], filesMin: 10 },
  functions: {
    // package.json: the release, which results name.
    project: ['domain', 'functions', 'package.json'],
    packages: 'all',
    // The event loop's turn, which long work gives to others; waiting for time is the platforms' (see WORLD).
    builtins: [...COMPUTING_BUILTINS, 'node:timers/promises'],
    filesMin: 6,
  },
  cloud: { project: ['domain', 'functions', 'cloud'], packages: 'all', builtins: 'all', filesMin: 1 },
  // The command line starts the simulator and the replay: docs/decisions/0003.
  local: { project: ['domain', 'functions', 'devices', 'local'], packages: 'all', builtins: 'all', filesMin: 6 },
  infra: {
    project: ['functions/triggers.ts', 'functions/state/document-rights.ts', 'functions/access/headers.ts', 'infra'],
    packages: 'all',
    builtins: 'all',
    filesMin: 2,
  },
  devices: { project: ['domain', 'devices'], packages: 'all', builtins: 'all', filesMin: 5 },
  web: { project: ['domain', 'web'], packages: 'all', builtins: [], filesMin: 5 },
  // Runs before anything is installed.
  bin: { project: ['bin'], packages: [], builtins: 'all', filesMin: 3 },
  test: { project: [...ALL_ROOMS, 'test'], packages: 'all', builtins: 'all', filesMin: 8 },
  bench: { project: [...ALL_ROOMS, 'bench'], packages: 'all', builtins: 'all', filesMin: 1 },
  // Configuration of tools, at the top.
  '.': { project: ['test/summary-reporter.ts'], packages: 'all', builtins: 'all', filesMin: 1 },
}

/** Configuration that runs in Node.js although it lies in a room that does not. */
const TOOL_CONFIGURATION = /(^|\/)vite(st)?\.config\.ts$/

const importsStayInTheirRooms: Rule = ({ path, room, requests }) => {
  const rule = rooms[room]
  if (!rule) return [`${path}: "${room}" is no room of the house`]
  return requests.flatMap((request) => {
    if (isAllowed(request, path, rule)) return []
    return [`${path}: ${room} must not import "${request}"`]
  })
}

function isAllowed(request: string, path: string, rule: Room): boolean {
  if (request.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(path), request))
    return rule.project.some((place) => target === place || target.startsWith(`${place}/`))
  }
  if (request.startsWith('node:')) {
    return rule.builtins === 'all' || rule.builtins.includes(request) || TOOL_CONFIGURATION.test(path)
  }
  return rule.packages === 'all' || rule.packages.includes(packageOf(request))
}

const packageOf = (request: string): string =>
  request
    .split('/')
    .slice(0, request.startsWith('@') ? 2 : 1)
    .join('/')

/** The pure rooms take time, chance and the world as arguments. */
const WORLD: Readonly<Record<string, { members: RegExp; calls: RegExp }>> = {
  domain: {
    members: /^(Date\.now|Math\.random|(performance|process|console|crypto|globalThis)\..*)$/,
    calls: /^(new Date\(\)|Date(\(\))?|fetch|setTimeout|setInterval|setImmediate|queueMicrotask)$/,
  },
  functions: {
    members: /^(Date\.now|Math\.random|(performance|process)\..*)$/,
    calls: /^(new Date\(\)|Date(\(\))?|setTimeout|setInterval|setImmediate)$/,
  },
}

const pureRoomsDoNotTouchTheWorld: Rule = ({ path, room, members, calls }) => {
  const world = WORLD[room]
  if (!world) return []
  const touched = [
    ...members.filter((name) => world.members.test(name)),
    ...calls.filter((name) => world.calls.test(name)),
  ]
  return touched.map((name) => `${path}: ${room} must not use ${name}`)
}

/** One such import, and a bundle holds all of zod with its fifty languages: half as much again (bench/cloud.ts). */
const ZOD_AS_A_WHOLE = /^import \{ z \} from 'zod'/m
const bundlesHoldWhatTheyUse: Rule = ({ path, room, text }) =>
  ['domain', 'functions', 'cloud'].includes(room) && ZOD_AS_A_WHOLE.test(text)
    ? [`${path}: write "import * as z from 'zod'"`]
    : []

const THREAD_OF_TYPESCRIPT = /\bnew Worker\(\s*new URL\(\s*'[^']*\.tsx?'/
/** A thread that strips types may end the whole process when it ends: a process helps instead (docs/decisions/0063). */
const threadsLoadNoTypeScript: Rule = ({ path, text }) =>
  THREAD_OF_TYPESCRIPT.test(text) ? [`${path}: a thread loads TypeScript`] : []

const RELATIVE_WITH_EXTENSION = /\.(ts|tsx|mjs|css|json|svg)$/
const relativeImportsNameTheirExtension: Rule = ({ path, requests }) =>
  requests
    .filter((request) => request.startsWith('.') && !RELATIVE_WITH_EXTENSION.test(request))
    .map((request) => `${path}: "${request}" lacks its extension`)

/** An opening comment says why the file exists; more than this is documentation. */
const OPENING_SENTENCES_MAX = 4
const SENTENCE_END = /[.!?](?=\s+[A-Z`"'(/\u4e00-\u9fff]|\s*$)|。/g
const filesOpenWithAComment: Rule = ({ path, opening }) => {
  if (opening.trim() === '') return [`${path}: does not open with a comment`]
  const sentences = opening.trim().match(SENTENCE_END)?.length ?? 1
  return sentences > OPENING_SENTENCES_MAX ? [`${path}: opens with ${sentences} sentences; 4 at most`] : []
}

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.(ts|tsx|mjs)$/
const EMPTY_NAME = /^(utils?|helpers?|commons?|index|misc|base|manager|service|impl)\./
const filesHaveNames: Rule = ({ path }) => {
  const name = posix.basename(path)
  if (!KEBAB_CASE.test(name)) return [`${path}: is not kebab-case`]
  return EMPTY_NAME.test(name) ? [`${path}: the name says nothing`] : []
}

const UNFINISHED = /\b(TODO|FIXME|XXX)\b/
const nothingIsLeftUnfinished: Rule = ({ path, comments }) =>
  comments.filter((comment) => UNFINISHED.test(comment)).map((comment) => `${path}: unfinished: ${comment.trim()}`)

const SKIPPED_TEST = /^(test|it|describe|suite|bench)\b.*\.(skip|only|todo)$/
const testsAreNotSkipped: Rule = ({ path, members }) =>
  members
    .filter((member) => SKIPPED_TEST.test(member))
    .map((member) => `${path}: ${member}; a condition goes in skipIf`)

const COLUMNS_MAX = 120
const COMMENT_LINE = /^\s*(?:\/\/|\/?\*)/
/** The formatter wraps code, but neither comments nor the literals that no line break may split. */
const commentsFitTheirColumns: Rule = ({ path, text }) =>
  text.split('\n').flatMap((line, index) => {
    if (line.length <= COLUMNS_MAX || !COMMENT_LINE.test(line)) return []
    return [`${path}:${index + 1}: a comment of ${line.length} columns; ${COLUMNS_MAX} at most`]
  })

const OWN_LINES_MAX = 60
/** Test files tell a story from top to bottom, and benches measure one. */
const TELLS = /^(test|bench)\//

/** A function is read at once. Lines of functions inside it are theirs. */
const functionsAreShort: Rule = ({ path, functions }) =>
  TELLS.test(path)
    ? []
    : functions
        .filter(({ lines }) => lines > OWN_LINES_MAX)
        .map(({ name, lines }) => `${path}: ${name} has ${lines} lines of its own`)

export const rules = {
  functionsAreShort,
  importsStayInTheirRooms,
  pureRoomsDoNotTouchTheWorld,
  bundlesHoldWhatTheyUse,
  threadsLoadNoTypeScript,
  relativeImportsNameTheirExtension,
  filesOpenWithAComment,
  filesHaveNames,
  nothingIsLeftUnfinished,
  testsAreNotSkipped,
  commentsFitTheirColumns,
} satisfies Record<string, Rule>

// An absolute path of somebody's machine; not `../work/`, not a path within a URL.
const MACHINE_PATH = /(?<![\w.~$}/-])\/(?:work|farm|tmp|root|home|Users)\/[\w-]+/g
const REGISTRY_HOST = /\bregistry\.[\w-]+\.(?:org|com|cn)\b|"resolved": *"http/g

/** Places that belong to one machine, in any text file of the repository. */
export const machinePlaces = ({ path, text }: Source): Finding[] =>
  [...text.matchAll(MACHINE_PATH), ...text.matchAll(REGISTRY_HOST)].map((match) => `${path}: names ${match[0]}`)

const MODULE_FILE = /^\.{1,2}\/[^\s]*\.(ts|tsx|mjs)$/

/** Parses a source file. Throws when it has a syntax error: a file that cannot be read would pass every rule. */
export function parseSource(source: Source): ParsedSource {
  const { program, comments, module, errors } = parseSync(source.path, source.text)
  if (errors.length > 0) throw new Error(`${source.path}: ${errors[0].message}`)
  const requests = new Set<string>(module.staticImports.map(({ moduleRequest }) => moduleRequest.value))
  const members: string[] = []
  const calls: string[] = []
  const addRequest = (node: { type: string; value?: unknown } | null | undefined) => {
    if (typeof node?.value === 'string') requests.add(node.value)
  }
  for (const node of nodesOf(program)) {
    switch (node.type) {
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
      case 'ImportExpression':
      case 'TSImportType':
        addRequest(node.source)
        break
      case 'Literal':
        if (typeof node.value === 'string' && MODULE_FILE.test(node.value)) addRequest(node)
        break
      case 'MemberExpression':
        members.push(dotted(node))
        break
      case 'CallExpression':
        calls.push(dotted(node.callee))
        if (dotted(node.callee) === 'require') addRequest(node.arguments[0])
        break
      case 'NewExpression':
        if (node.arguments.length === 0) calls.push(`new ${dotted(node.callee)}()`)
        break
    }
  }
  return {
    ...source,
    room: source.path.includes('/') ? source.path.slice(0, source.path.indexOf('/')) : '.',
    requests: [...requests],
    comments: comments.map(({ value }) => value),
    opening: openingOf(source.text),
    members,
    calls,
    exports: program.body.flatMap(exportedNames),
    functions: functionsIn(program, source.text),
  }
}

function exportedNames(statement: ESTree.Node): string[] {
  if (statement.type !== 'ExportNamedDeclaration' || !statement.declaration) return []
  const { declaration } = statement
  if (declaration.type !== 'VariableDeclaration')
    return 'id' in declaration ? [dotted(declaration.id as ESTree.Node)] : []
  return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
}

const FUNCTION = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/

function functionsIn(program: ESTree.Node, text: string): ParsedSource['functions'] {
  const found: ParsedSource['functions'] = []
  const visit = (node: ESTree.Node, parent: ESTree.Node | undefined, within: { lines: number } | undefined): void => {
    let own = within
    if (FUNCTION.test(node.type)) {
      const lines = text.slice(node.start, node.end).split('\n').length
      if (within) within.lines -= lines - 1
      const entry = { name: functionName(node, parent), lines }
      found.push(entry)
      own = entry
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, node, own)
  }
  visit(program, undefined, undefined)
  return found
}

/** By its own name, or what it is given to. */
function functionName(node: ESTree.Node, parent: ESTree.Node | undefined): string {
  const named = [node, parent].find((one) => one && ('id' in one || 'key' in one))
  const id = named && ('id' in named ? named.id : 'key' in named ? named.key : undefined)
  return isNode(id) ? dotted(id) || 'a function' : 'a function'
}

/** Every node of a syntax tree, parents first. */
function* nodesOf(node: ESTree.Node): Generator<ESTree.Node> {
  yield node
  for (const child of Object.values(node).flat()) if (isNode(child)) yield* nodesOf(child)
}

const isNode = (value: unknown): value is ESTree.Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** `a.b.c` of a chain of names and calls; '' stands for what has no name. */
function dotted(node: ESTree.Node): string {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression') {
    return `${dotted(node.object)}.${node.computed ? '' : dotted(node.property as ESTree.Node)}`
  }
  if (node.type === 'CallExpression') return dotted(node.callee)
  return ''
}

const OPENING = /^(?:#![^\n]*\n)?\s*(?:((?:\/\/[^\n]*(?:\n|$))+)|\/\*([\s\S]*?)\*\/)/
function openingOf(text: string): string {
  const match = OPENING.exec(text)
  const comment = match?.[1]?.replace(/^\/\/ ?/gm, '') ?? match?.[2]?.replace(/^\s*\* ?/gm, '') ?? ''
  return comment.trim().split(/\n\s*\n/)[0]
}
