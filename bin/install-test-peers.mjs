// Installs the Debian packages that tests drive as real peers: Chromium for the page, mosquitto in the place of AWS IoT
// Core, InfluxDB in that of Timestream for InfluxDB, OpenSSL for certificates, socat for serial ports, LibreOffice for
// reports. Only if missing, only for `npm test`, and with a plain message where it may not. Node.js built-ins only.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { isMain, orExit } from './install.mjs'

/** Each peer: the Debian package, the possible names of its program, whether Debian starts it. */
const PEERS = [
  {
    package: 'chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
    service: false,
  },
  { package: 'mosquitto', programs: ['mosquitto'], service: true },
  { package: 'influxdb', programs: ['influxd'], service: true },
  { package: 'openssl', programs: ['openssl'], service: false },
  { package: 'socat', programs: ['socat'], service: false },
  { package: 'libreoffice-calc', programs: ['soffice', 'libreoffice'], service: false },
]
/** Debian's folders for servers, which are not in a plain user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin']

/** Seconds to wait for another apt that holds the lock: a new machine often updates itself just after boot. */
const APT_LOCK_SECONDS = 120

/** @param {string} name of a package */
const programsOf = (name) => PEERS.find((peer) => peer.package === name)?.programs ?? []
/** Absolute path of an installed Chromium, or undefined. */
export const chromiumPath = () => programPath(programsOf('chromium'))
/** Absolute path of an installed mosquitto broker, or undefined. */
export const mosquittoPath = () => programPath(programsOf('mosquitto'))
/** Absolute path of an installed InfluxDB 1.x server, or undefined. */
export const influxdPath = () => programPath(programsOf('influxdb'))

/** Absolute path of an installed OpenSSL, or undefined. */
export const opensslPath = () => programPath(programsOf('openssl'))

/** Absolute path of an installed socat, or undefined. */
export const socatPath = () => programPath(programsOf('socat'))

/** Absolute path of an installed LibreOffice, or undefined. */
export const officePath = () => programPath(programsOf('libreoffice-calc'))

/** Makes every peer present. Throws an Error whose message names the packages and the command that installs them. */
export function ensureTestPeers() {
  const absentPeers = PEERS.filter((peer) => !programPath(peer.programs))
  const missing = absentPeers.map((peer) => peer.package)
  if (missing.length === 0) return
  const byHand = `The tests need ${missing.join(', ')}. Install by hand: sudo apt-get install ${missing.join(' ')}`
  if (!programPath(['apt-get'])) throw new Error(`${byHand} (or what your system calls it, on the PATH).`)
  const asRoot = rootPrefix()
  if (!asRoot) throw new Error(byHand)
  process.stderr.write(`kilowatch: installing ${missing.join(', ')} from Debian for the tests, once …\n`)
  const options = ['-qq', '-o', 'Acquire::Retries=3', '-o', `DPkg::Lock::Timeout=${APT_LOCK_SECONDS}`]
  const steps = [
    ['apt-get', ...options, 'update'],
    ['apt-get', ...options, '--yes', '--no-install-recommends', 'install', ...missing],
  ]
  for (const step of steps) {
    const [command = 'env', ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', ...step]
    const result = spawnSync(command, rest, { stdio: ['ignore', process.stderr.fd, process.stderr.fd] })
    if (result.status !== 0) throw new Error(`"${step.join(' ')}" failed (see above). ${byHand}`)
  }
  // The tests start their own, on free ports; the services that Debian starts would hold the well-known ones.
  const services = absentPeers.filter(({ service }) => service).map((peer) => peer.package)
  if (services.length > 0 && existsSync('/run/systemd/system')) {
    const [command = 'systemctl', ...rest] = [...asRoot, 'systemctl', 'disable', '--now', ...services]
    spawnSync(command, rest, { stdio: ['ignore', process.stderr.fd, process.stderr.fd] })
  }
  const absent = PEERS.filter((peer) => !programPath(peer.programs)).map((peer) => peer.package)
  if (absent.length > 0) throw new Error(`${absent.join(', ')} was installed, but no program of it is on the PATH.`)
}

/** The prefix to run a command as root: none for root, sudo without a password, or undefined. */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined
}

/** @param {readonly string[]} names */
function programPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return names.flatMap((name) => [...folders, ...SERVER_FOLDERS].map((folder) => join(folder, name))).find(isExecutable)
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

if (isMain(import.meta.url)) orExit(ensureTestPeers)
