import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import { warn, type Finding } from '../doctor/finding.ts'
import { checkSecrets, checkStore, NO_WISHES } from '../doctor/keepings.ts'
import { checkFolder, checkHeld, checkNode, checkPage, checkTestBrowser, checkWindow, findPackageFolder } from '../doctor/machine.ts'
import { checkClock, checkRelay } from '../doctor/relays.ts'
import { checkSandbox } from '../doctor/sandbox.ts'
import { checkOllama, checkWallet } from '../doctor/services.ts'
import { EXIT } from '../exitCodes.ts'
import { findFolders } from '../folders.ts'
import { findOllamaUrl } from '../openSouk.ts'
import { findPageFolder } from '../pageFolder.ts'
import { CommandFailed, createOutput, type Output } from '../terminal.ts'

export interface DoctorOptions {
  readonly data?: string | undefined
  readonly relay?: readonly string[] | undefined
  readonly ollamaUrl?: string | undefined
  readonly json?: boolean | undefined
}

/** Each check has its own limit below this; it is for the one that breaks its promise. */
const CHECK_TIMEOUT_MS = 10_000
const MARKS = { ok: '✓', warning: '!', failure: '✗' } as const
const NAME_WIDTH = 13

/** Looks at everything and changes nothing. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const folders = findFolders(options)
  const environment = process.env
  const openWebSocket = openWebSocketWithWs()
  const root = findPackageFolder()
  const { finding: store, wishes } = guard('Store', () => checkStore(folders.data), (finding) => ({ finding, wishes: NO_WISHES }))
  const relays = [...new Set([...(options.relay ?? []), ...wishes.relays])].map((url) => within(checkRelay(url, openWebSocket, wishes.paces[url])))
  const hasOwnWallet = (environment['SOUK_NWC'] ?? '') !== ''
  // All of them at once; shown in order, each as soon as it and those before it are there.
  const checks: readonly (readonly [string, Promise<readonly (Finding | null)[]>])[] = [
    ['Node', now(() => [checkNode(process.versions.node)])],
    ['Folder', now(() => [checkFolder('Folder', folders.data), checkHeld(folders.data)])],
    ['Store', now(() => [store])],
    ['Secrets', now(() => [checkSecrets(folders.data, hasOwnWallet)])],
    ['Sandbox', within(checkSandbox(folders.sandbox, openWebSocket))],
    ['Wallet', within(checkWallet(environment, wishes.wallet, openWebSocket)).then((finding) => [finding])],
    ['Relay', Promise.all(relays).then((reports) => reports.map(({ finding }) => finding))],
    ['Clock', clockAfter(relays)],
    ['Ollama', within(checkOllama(options.ollamaUrl ?? wishes.ollamaUrl ?? findOllamaUrl(environment))).then((finding) => [finding])],
    ['Page', now(() => [checkPage(findPageFolder())])],
    ['Window', now(() => [checkWindow(root, environment)])],
    ['Test browser', now(() => [checkTestBrowser(root, environment)])],
  ]
  for (const [name, check] of checks) check.catch(() => name)
  let warnings = 0
  let failures = 0
  for (const [name, check] of checks) {
    const findings = await check.catch((error: unknown): Finding[] => [brokenCheck(name, error)])
    for (const finding of findings) {
      if (finding === null) continue
      if (finding.grade === 'warning') warnings += 1
      if (finding.grade === 'failure') failures += 1
      show(finding, output)
    }
  }
  conclude(warnings, failures, output)
}

function show({ name, grade, message, wayOut }: Finding, output: Output): void {
  output.print(`${MARKS[grade]} ${name.padEnd(NAME_WIDTH)} ${message}`)
  if (wayOut !== undefined) output.print(`${' '.repeat(NAME_WIDTH + 2)} → ${wayOut}`)
  output.tell({ type: 'check', name, grade, message, ...(wayOut === undefined ? {} : { wayOut }) })
}

function conclude(warnings: number, failures: number, output: Output): void {
  output.tell({ type: 'doctor', healthy: failures === 0, warnings, failures })
  if (failures > 0) throw new CommandFailed(EXIT.failed, 'unhealthy', `${failures === 1 ? 'One thing' : `${failures} things`} that the sandbox needs ${failures === 1 ? 'does' : 'do'} not work; ✗ marks ${failures === 1 ? 'it' : 'them'}.`)
  output.print(warnings === 0 ? '\nEverything works.' : `\nAll that the sandbox needs works. ! marks what else could.`)
}

async function clockAfter(relays: readonly Promise<{ readonly offsetSecs: number | null }>[]): Promise<readonly Finding[]> {
  const settled = await Promise.allSettled(relays)
  const offsets = settled.flatMap((each) => (each.status === 'fulfilled' && each.value.offsetSecs !== null ? [each.value.offsetSecs] : []))
  return [checkClock(offsets, Date.now(), statSync(fileURLToPath(import.meta.url)).mtimeMs)]
}

async function now<T>(run: () => T): Promise<T> {
  return run()
}

function guard<T>(name: string, run: () => T, otherwise: (finding: Finding) => T): T {
  try {
    return run()
  } catch (error) {
    return otherwise(brokenCheck(name, error))
  }
}

function within<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No answer within ${CHECK_TIMEOUT_MS / 1_000} seconds.`)), CHECK_TIMEOUT_MS)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function brokenCheck(name: string, error: unknown): Finding {
  return warn(name, `It could not be looked at: ${error instanceof Error ? error.message : String(error)}`, 'Look again; if it stays so, it is a bug of Souk’s.')
}
