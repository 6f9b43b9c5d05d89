// Real peers for delivery tests on loopback: an HTTP server that records and answers, and an SMTP server.

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface Heard {
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}
export interface Answer {
  status?: number
  headers?: Record<string, string>
  body?: string
}
export interface HttpPeer {
  url: string
  heard: Heard[]
  close(): Promise<void>
}

/** Answers as told; `undefined`: never. */
export async function httpPeer(answer: (heard: Heard) => Answer | undefined): Promise<HttpPeer> {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '/', 'http://peer')
    const one = {
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    }
    heard.push(one)
    const said = answer(one)
    if (said) response.writeHead(said.status ?? 200, said.headers).end(said.body ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export interface MailPeer {
  smtpUrl: string
  /** Raw messages as received. */
  mails: { from: string; to: string[]; raw: string }[]
  close(): Promise<void>
}

/**
 * `refuse`: the SMTP reply code for a recipient, when not 250. `tls`: offers STARTTLS with a certificate that nobody
 * trusts.
 */
export async function mailPeer({
  refuse = () => undefined,
  tls = false,
}: {
  refuse?: (address: string) => number | undefined
  tls?: boolean
} = {}): Promise<MailPeer> {
  const mails: MailPeer['mails'] = []
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    hideSTARTTLS: !tls,
    logger: false,
    onAuth({ username, password }, _session, done) {
      if (username === 'kilowatch' && password === 'right') done(null, { user: username })
      else done(new Error('wrong password'))
    },
    onRcptTo({ address }, _session, done) {
      const code = refuse(address)
      done(code === undefined ? null : Object.assign(new Error('refused'), { responseCode: code }))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const raw = Buffer.concat(chunks).toString('utf8')
        mails.push({ from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address), raw })
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo
  return {
    smtpUrl: `smtp://127.0.0.1:${port}`,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Takes connections and says nothing. */
export async function mutePeer(): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => void sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
