import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRouter } from '#main/ipc/router.ts'
import { createSoukHandlers } from '#main/ipc/soukHandlers.ts'
import { soukContract } from '#shared/ipc/souk.ts'
import { EXIT } from '../exitCodes.ts'
import { createStderrLog, systemClock, systemRandom } from '../nodePorts.ts'
import { openSouk, type CommonOptions } from '../openSouk.ts'
import { servePage } from '../pageServer.ts'
import { CommandFailed, createOutput, keepAlive, waitForInterrupt } from '../terminal.ts'

export interface ServeOptions extends CommonOptions {
  readonly host: string
  readonly port: number
  readonly json?: boolean | undefined
}

/** The app in a browser: engine here, page there. */
export async function serve(options: ServeOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const pageFolder = findPage()
  if (pageFolder === null) throw new CommandFailed(EXIT.failed, 'no-page', 'The page is not built yet. Run `npm run build`, or `npm start`, which builds it.')
  const interrupt = waitForInterrupt()
  const opened = await openSouk(options, 'browser')
  if (!opened.ok) throw new CommandFailed(EXIT.failed, opened.error.code, opened.error.message)
  const engine = opened.value
  const log = createStderrLog(options.verbose === true ? 'debug' : 'error')
  const router = createRouter(soukContract, createSoukHandlers(engine), { clock: systemClock, log })
  const release = keepAlive()
  try {
    const serveOn = (port: number) => servePage({ router, pageFolder, clock: systemClock, random: systemRandom, log, host: options.host, port })
    const usual = options.port === 0 ? engine.preferences.pagePort() : null
    const server = await (usual === null ? serveOn(options.port) : serveOn(usual).catch(() => serveOn(0)))
    engine.preferences.keepPagePort(server.port)
    output.say(`Souk is running. Open this address, which works once:\n\n  ${server.url}\n\nPress Enter for a new address, Ctrl-C to stop.`)
    output.tell({ type: 'serving', url: server.url, port: server.port })
    const onLine = () => output.say(`  ${server.issueUrl()}`)
    if (process.stdin.isTTY) process.stdin.on('data', onLine)
    await interrupt.interrupted
    process.stdin.off('data', onLine)
    process.stdin.pause()
    output.say('Stopping.')
    await server.close()
  } finally {
    await engine.close()
    interrupt.stop()
    release()
  }
}

/** Beside the built program, or in the checkout that it runs from. */
function findPage(): string | null {
  const here = dirname(fileURLToPath(import.meta.url))
  const places = [join(here, '..', 'renderer'), join(here, '..', '..', 'renderer'), join(here, '..', '..', '..', '..', 'out', 'renderer')]
  return places.find((place) => existsSync(join(place, 'index.html')) && !existsSync(join(place, 'main.tsx'))) ?? null
}
