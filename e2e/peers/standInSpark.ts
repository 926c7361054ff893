/**
 * The app as `souk serve` has it, its Spark a stand-in of this process: `node standInSpark.ts HOME DATA`. The wallet is the one
 * that its person chose. A line `restart` on standard input ends the engine and opens it anew, on the same Spark; a line
 * `deposit TXID SATS` puts money on the chain for its wallet. Prints one JSON record a line.
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createEngine, type Engine } from '#engine/engine.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { createStandInSpark } from '#engine/wallet/spark/testing/standInSpark.ts'
import { createNodeWeb } from '#engine/web/nodeWeb.ts'
import { createStderrLog, systemClock, systemRandom } from '#main/headless/nodePorts.ts'
import { findPageFolder } from '#main/headless/pageFolder.ts'
import { servePage, type PageServer } from '#main/headless/pageServer.ts'
import { openSecretsFile } from '#main/headless/secretsFile.ts'
import { createRouter } from '#main/ipc/router.ts'
import { createSoukHandlers } from '#main/ipc/soukHandlers.ts'
import { soukContract } from '#shared/ipc/souk.ts'

const [home = '', dataFolder = ''] = process.argv.slice(2)
const tell = (record: object) => process.stdout.write(`${JSON.stringify(record)}\n`)
const log = createStderrLog('error')
const spark = createStandInSpark({ clock: systemClock })
const pageFolder = findPageFolder()
if (pageFolder === null) throw new Error('The page is not built.')

interface Running {
  readonly engine: Engine
  readonly server: PageServer
}

async function start(folder: string): Promise<Running> {
  const opened = await createEngine(
    { dataFolder, sandboxFolder: join(home, 'sandbox'), shell: 'browser', version: '0', wallet: { kind: 'chosen' }, houseSeller: false, backend: 'toy', ollamaUrl: 'http://127.0.0.1:1' },
    {
      clock: systemClock, random: systemRandom, log, openWebSocket: openWebSocketWithWs(), fetch, web: createNodeWeb(),
      secrets: openSecretsFile({ path: join(dataFolder, 'secrets.json'), passphrase: null, allowPlain: true, random: systemRandom }),
      startSparkThread: spark.startThread,
    },
  )
  if (!opened.ok) throw new Error(opened.error.message)
  const engine = opened.value
  const router = createRouter(soukContract, createSoukHandlers(engine), { clock: systemClock, log })
  const server = await servePage({ router, pageFolder: folder, clock: systemClock, random: systemRandom, log, host: '127.0.0.1', hostNames: [], port: 0 })
  tell({ type: 'serving', url: server.url })
  return { engine, server }
}

let running = await start(pageFolder)

async function obey(line: string): Promise<void> {
  const [command, txid = '', amountSats = '0'] = line.split(' ')
  if (command === 'deposit') spark.ofPhrase(await running.engine.keyring.revealPhrase()).deposit(txid, Number(amountSats))
  if (command !== 'restart') return
  await running.server.close()
  await running.engine.close()
  running = await start(pageFolder ?? '')
}

let turn: Promise<unknown> = Promise.resolve()
createInterface({ input: process.stdin }).on('line', (line) => {
  turn = turn.then(() => obey(line)).catch((error: unknown) => tell({ type: 'error', message: String(error) }))
})
