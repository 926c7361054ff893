/**
 * Serves the page to a browser on this machine. The address printed in the terminal holds a token that works once;
 * opening it gives the browser a session cookie, and the page comes and reloads without the token.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock, Log, Random } from '#engine/ports.ts'
import { createPageGuard, type PageGuard } from '#main/ipc/pageGuard.ts'
import { GUARD_HEADERS, contentSecurityPolicy, openPageFiles, type PageFile } from '#main/ipc/pageFiles.ts'
import type { Router } from '#main/ipc/router.ts'
import { attachWebSocketCarrier } from '#main/ipc/webSocketCarrier.ts'

export interface PageServerOptions {
  readonly router: Router
  /** The built page, with its index.html. */
  readonly pageFolder: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Loopback by default. Anything else is reachable by others, in plain text: say so to the person. */
  readonly host?: string
  /** 0 lets the system choose. */
  readonly port?: number
  /** Further names by which browsers may address this server, without the port. */
  readonly hostNames?: readonly string[]
}

export interface PageServer {
  readonly port: number
  /** The first address that opens the page once: `http://127.0.0.1:PORT/?token=…`. */
  readonly url: string
  /** A further address, for another browser. */
  issueUrl(): string
  clientCount(): number
  close(): Promise<void>
}

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]']
const HEADERS_WITHIN_MS = 10_000

/** Starts serving. Rejects when the port cannot be had; the error names it. */
export async function servePage(options: PageServerOptions): Promise<PageServer> {
  const { router, clock, log } = options
  const host = options.host ?? '127.0.0.1'
  const ownName = host.includes(':') ? `[${host}]` : host
  const hostNames = [...new Set([...LOOPBACK_NAMES, ownName.toLowerCase(), ...(options.hostNames ?? []).map((name) => name.toLowerCase())])]
  let port = 0
  const guard = createPageGuard({ random: options.random, port: () => port, hostNames })
  // 'self' says it for most browsers; older ones want the socket named. A policy cannot name an IPv6 address.
  const sockets = () => hostNames.filter((name) => !name.startsWith('[')).map((name) => `ws://${name}:${port}`)
  const files = openPageFiles(options.pageFolder, () => contentSecurityPolicy(["'self'", ...sockets()].join(' ')))
  const server = createServer({ headersTimeout: HEADERS_WITHIN_MS, requestTimeout: HEADERS_WITHIN_MS, maxHeaderSize: 16 * 1024 }, (request, response) => {
    void answer(request, response, guard, files, log)
  })
  port = await listen(server, host, options.port ?? 0)
  const carrier = attachWebSocketCarrier({ server, router, guard, clock, log })
  if (!LOOPBACK_NAMES.includes(ownName)) log('warn', 'page: served beyond this machine, without encryption', { host })

  const issueUrl = () => `http://${ownName}:${port}/?token=${guard.issueToken()}`
  return {
    port,
    url: issueUrl(),
    issueUrl,
    clientCount: () => carrier.clientCount(),
    close() {
      carrier.close()
      return new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const cause = error.code === 'EADDRINUSE' ? 'is in use. Choose another with --port, or leave it out.' : `cannot be used (${error.code ?? error.message}).`
      reject(new Error(`The port ${port} on ${host} ${cause}`))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, guard: PageGuard, files: { read(path: string): Promise<PageFile | null> }, log: Log): Promise<void> {
  try {
    // Nothing here takes a body: what comes of one is read and forgotten.
    request.resume()
    if (!guard.isOwnHost(request)) say(response, 421, 'This is not the address of Souk', 'Open the address that Souk printed in the terminal, as it stands there.')
    else if (request.method !== 'GET' && request.method !== 'HEAD') say(response, 405, 'Not allowed', 'This server only shows a page.', { Allow: 'GET, HEAD' })
    else if (request.headers.origin !== undefined && !guard.isOwnOrigin(request)) say(response, 403, 'Not allowed', 'Another site asked for this page.')
    else await answerOwn(request, response, guard, files)
  } catch (error) {
    log('error', 'page: an answer failed', { error: error instanceof Error ? error.message : String(error) })
    if (!response.headersSent) say(response, 500, 'Souk could not answer', 'The log says more.')
    else response.destroy()
  }
}

async function answerOwn(request: IncomingMessage, response: ServerResponse, guard: PageGuard, files: { read(path: string): Promise<PageFile | null> }): Promise<void> {
  const url = new URL(`http://souk${request.url?.startsWith('/') ? request.url : '/'}`)
  const token = url.pathname === '/' ? url.searchParams.get('token') : null
  // A look ahead (HEAD, a link preview) does not use the token up.
  if (token !== null && request.method === 'GET' && !guard.hasSession(request)) {
    const cookie = guard.exchangeToken(token)
    if (cookie === null) say(response, 401, 'This address was already used', 'Each address opens Souk once. Copy a new one from the terminal where Souk runs.')
    else redirectHome(response, { 'Set-Cookie': cookie })
    return
  }
  if (!guard.hasSession(request)) {
    say(response, 401, 'This browser is not known to Souk', 'Open the address that Souk printed in the terminal; it holds a token that lets this browser in.')
    return
  }
  // The token, used or not, leaves the address bar.
  if (token !== null) {
    redirectHome(response, {})
    return
  }
  const file = await files.read(pathOf(request))
  if (!file) {
    say(response, 404, 'There is nothing here', 'Open Souk at its first page.')
    return
  }
  response.writeHead(200, { ...file.headers, 'Content-Length': file.body.length })
  response.end(request.method === 'HEAD' ? undefined : file.body)
}

/** The path as it was sent: URL would quietly resolve the dots that are refused here. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split(/[?#]/)[0] ?? '/'
}

function redirectHome(response: ServerResponse, headers: Record<string, string>) {
  response.writeHead(303, { ...GUARD_HEADERS, ...headers, Location: '/', 'Cache-Control': 'no-store', 'Content-Length': 0 })
  response.end()
}

const SAY_STYLE = 'body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}h1{font-size:1.25rem}'
const SAY_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(SAY_STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** A page that says one thing. Only texts from this file: nothing of the request is repeated. */
function say(response: ServerResponse, status: number, title: string, text: string, headers: Record<string, string> = {}) {
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · Souk</title><style>${SAY_STYLE}</style></head><body><main><h1>${title}</h1><p>${text}</p></main></body></html>`
  response.writeHead(status, {
    ...GUARD_HEADERS,
    ...headers,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': SAY_POLICY,
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}
