import { hostname, networkInterfaces } from 'node:os'
import { createRouter } from '#main/ipc/router.ts'
import { createSoukHandlers } from '#main/ipc/soukHandlers.ts'
import { soukContract } from '#shared/ipc/souk.ts'
import { EXIT } from '../exitCodes.ts'
import { createStderrLog, systemClock, systemRandom } from '../nodePorts.ts'
import type { CommonOptions } from '../openSouk.ts'
import { findPageFolder } from '../pageFolder.ts'
import { servePage } from '../pageServer.ts'
import { withEngine } from '../session.ts'
import { CommandFailed } from '../terminal.ts'

export interface ServeOptions extends CommonOptions {
  readonly host: string
  readonly port: number
  readonly json?: boolean | undefined
}

/** The app in a browser: engine here, page there. */
export async function serve(options: ServeOptions): Promise<void> {
  const pageFolder = findPageFolder()
  if (pageFolder === null) throw new CommandFailed(EXIT.failed, 'no-page', 'The page is not built yet. Run `npm run build`, or `npm start`, which builds it.')
  await withEngine(options, 'browser', async ({ engine, output, interrupt }) => {
    const log = createStderrLog(options.verbose === true ? 'debug' : 'error')
    const router = createRouter(soukContract, createSoukHandlers(engine), { clock: systemClock, log })
    const serveOn = (port: number) => servePage({ router, pageFolder, clock: systemClock, random: systemRandom, log, host: options.host, hostNames: namesOf(options.host), port })
    const usual = options.port === 0 ? engine.preferences.pagePort() : null
    const server = await (usual === null ? serveOn(options.port) : serveOn(usual).catch(() => serveOn(0))).catch((error: unknown) => {
      throw new CommandFailed(EXIT.failed, 'cannot-listen', error instanceof Error ? error.message : String(error))
    })
    engine.preferences.keepPagePort(server.port)
    if (!LOOPBACK.has(options.host)) output.say(`Others can reach ${options.host}, and nothing is encrypted on the way. A tunnel (ssh -L) to 127.0.0.1 is safer.`)
    output.say(`Souk is running. Open this address, which works once:\n\n  ${server.url}\n\n${process.stdin.isTTY ? 'Press Enter for a new address, ' : ''}Ctrl-C to stop.`)
    output.tell({ type: 'serving', url: server.url, port: server.port })
    const onLine = () => output.say(`  ${server.issueUrl()}`)
    if (process.stdin.isTTY) process.stdin.on('data', onLine)
    await interrupt.interrupted
    process.stdin.off('data', onLine)
    process.stdin.pause()
    output.say('Stopping.')
    await server.close()
  })
}

/** Listening everywhere, this machine is addressed by each of its own names. */
function namesOf(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return []
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return [hostname(), ...addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))]
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1'])
