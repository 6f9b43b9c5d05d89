// Installs what package-lock.json names, once, so that every command works right after `git clone`.
// Runs before any package exists: Node.js built-ins only, and syntax that Node 20 reads. Writes to stderr alone.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const binFolder = join(root, 'node_modules', '.bin')

/** The Node.js that Kilowatch runs on: the devDependency `node`, whatever runs npm. */
export const pinnedNode = join(binFolder, process.platform === 'win32' ? 'node.cmd' : 'node')

/** The oldest Node.js that this file is kept working on. */
const OLDEST_NODE_MAJOR = 20

// Not `npm ci`: npm 11 refuses a lock that lacks packages of other platforms (docs/decisions/0005). `--no-save` keeps
// the lock as it is; the installed packages are compared with it afterwards. Dev packages hold the pinned runtime, so
// they are installed whatever NODE_ENV says. Log level "error" because the Node.js that runs npm may be older than the
// packages require.
const NPM_INSTALL = 'install --no-save --include=dev --loglevel=error --no-audit --no-fund --prefer-offline'.split(' ')

/** Makes node_modules hold what the lock names. Throws an Error whose message tells the user what to do. */
export function ensureInstalled() {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_MAJOR) {
    throw new Error(`Node.js ${OLDEST_NODE_MAJOR} or newer is needed; this is ${process.version}.`)
  }
  if (notInstalled().length === 0) return
  const startedMs = Date.now()
  process.stderr.write('kilowatch: installing locked packages, once …\n')
  const npm = spawnSync('npm', NPM_INSTALL, {
    cwd: root,
    env: { ...process.env, PATH: pathWithoutOwnBins() },
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    shell: process.platform === 'win32',
  })
  if (npm.error) throw new Error(`npm could not be started (${npm.error.message}). Install npm, then try again.`)
  if (npm.status !== 0) {
    throw new Error('npm failed (see above). Is its registry reachable, and the disk not full? Then try again.')
  }
  const absent = notInstalled()
  if (absent.length > 0) {
    throw new Error(
      `npm did not install what package-lock.json names: ${absent.slice(0, 5).join(', ')}. ` +
        'Is npm set to ignore-scripts, or package.json newer than the lock?',
    )
  }
  process.stderr.write(`kilowatch: installed in ${Math.round((Date.now() - startedMs) / 1000)} s\n`)
}

/** Names what must still be installed; empty when the folder matches the lock. */
function notInstalled() {
  const recordPath = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(recordPath)) return ['node_modules']
  const absent = missingFrom(readPackages(join(root, 'package-lock.json')), readPackages(recordPath))
  return existsSync(pinnedNode) ? absent : [...absent, 'the pinned Node.js']
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }} LockedPackage
 * @typedef {Record<string, LockedPackage>} Packages
 *   as in package-lock.json and in npm's own record of what it installed: both have one format.
 */

/**
 * The locked packages that the installed ones lack or hold in another version. Optional ones may be absent: they
 * belong to other platforms.
 * @param {Packages} locked
 * @param {Packages} installed
 * @returns {string[]}
 */
export function missingFrom(locked, installed) {
  return Object.keys(locked).filter((path) => {
    const want = locked[path]
    if (path === '' || !want) return false
    const have = installed[path]
    if (!have) return !want.optional && !want.devOptional
    return have.version !== want.version || have.integrity !== want.integrity
  })
}

/**
 * @param {string} path
 * @returns {Packages}
 */
function readPackages(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages
}

/** npm must not run on the Node.js that it is about to replace. */
function pathWithoutOwnBins() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.filter((folder) => folder !== binFolder).join(delimiter)
}

/**
 * Whether Node.js was started on this very file; a project folder reached through a symbolic link counts too.
 * @param {string} moduleUrl
 */
export const isMain = (moduleUrl) =>
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(moduleUrl)

/**
 * Runs a step of a command's start and ends the process with a readable line when it fails.
 * @param {() => void} step
 */
export function orExit(step) {
  try {
    step()
  } catch (error) {
    process.stderr.write(`kilowatch: ${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  }
}

if (isMain(import.meta.url)) orExit(ensureInstalled)
