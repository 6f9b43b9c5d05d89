// A real mosquitto from Debian in the place of AWS IoT Core: TLS with a certificate on both sides, a list of revoked
// ones, and an access list. Certificates are made here by OpenSSL, for one test.

import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { mosquittoPath, opensslPath } from '../../bin/install-test-peers.mjs'
import { freePort, until } from './broker.ts'

export interface Files {
  certificateFile: string
  keyFile: string
}

/** Makes certificates, and calls them back. */
export interface Authority {
  folder: string
  authoritiesFile: string
  revokedFile: string
  issue(name: string): Files
  /** Takes effect when a broker next starts. */
  revoke(name: string): void
}

const CONFIG = `[ca]
default_ca=own
[own]
database=index.txt
serial=serial
new_certs_dir=.
certificate=ca.pem
private_key=ca.key
default_md=sha256
default_days=2
default_crl_days=2
policy=any
unique_subject=no
copy_extensions=copy
[any]
commonName=supplied
`

export function authority(folder: string): Authority {
  mkdirSync(folder, { recursive: true })
  const openssl = (...args: string[]) =>
    execFileSync(opensslPath() ?? 'openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const at = (name: string) => join(folder, name)
  writeFileSync(at('openssl.cnf'), CONFIG)
  writeFileSync(at('index.txt'), '')
  writeFileSync(at('serial'), '1000\n')
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA')
  const list = () => openssl('ca', '-config', 'openssl.cnf', '-gencrl', '-out', 'revoked.pem')
  list()
  return {
    folder,
    authoritiesFile: at('ca.pem'),
    revokedFile: at('revoked.pem'),
    issue(name) {
      const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
      openssl('req', '-new', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, ...names)
      openssl('ca', '-config', 'openssl.cnf', '-batch', '-notext', '-in', `${name}.csr`, '-out', `${name}.pem`)
      return { certificateFile: at(`${name}.pem`), keyFile: at(`${name}.key`) }
    },
    revoke(name) {
      openssl('ca', '-config', 'openssl.cnf', '-revoke', `${name}.pem`)
      list()
    },
  }
}

export interface Mosquitto {
  port: number
  /** As a power cut would. */
  kill(): Promise<void>
}

export interface MosquittoOptions {
  authority: Authority
  server: Files
  /** What a client may use whose certificate names `%u`. */
  acl: string
  /** May use everything. */
  host: string
  port?: number
}

/** Killed when the test ends, at the latest. */
export async function startMosquitto(options: MosquittoOptions): Promise<Mosquitto> {
  const { authority: certificates, server, acl, host } = options
  const port = options.port ?? (await freePort())
  const at = (name: string) => join(certificates.folder, name)
  writeFileSync(at('acl'), `user ${host}\ntopic readwrite #\ntopic readwrite $aws/#\n\n${acl}\n`, { mode: 0o600 })
  const settings = {
    user: userInfo().username,
    per_listener_settings: 'false',
    persistence: 'false',
    max_inflight_messages: '0',
    max_queued_messages: '0',
    acl_file: at('acl'),
    allow_anonymous: 'false',
    listener: `${port} 127.0.0.1`,
    cafile: certificates.authoritiesFile,
    crlfile: certificates.revokedFile,
    certfile: server.certificateFile,
    keyfile: server.keyFile,
    require_certificate: 'true',
    use_identity_as_username: 'true',
    // IoT Core lets a thing in under its own name only.
    use_username_as_clientid: 'true',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`)
  writeFileSync(at('mosquitto.conf'), `${lines.join('\n')}\n`)
  const program = mosquittoPath()
  if (!program) throw new Error('mosquitto is not installed: node bin/install-test-peers.mjs')
  const child = spawn(program, ['-c', at('mosquitto.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(kill)
  let isListening = false
  const knock = () => {
    if (child.exitCode !== null) throw new Error(`mosquitto ended: ${said}`)
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      isListening = true
      socket.destroy()
    })
    socket.once('error', () => {})
    return isListening
  }
  await until('mosquitto listens', knock)
  return { port, kill }
}
