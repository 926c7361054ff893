// The main job in the terminal: a provider and a customer, two processes with their own folders, one relay and one mint.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { SETTLEMENTS } from '../src/shared/market/settlement.ts'
import { build } from './build.mjs'
import { readOptions } from './options.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const usage = `npm run demo -- [--settlement HOW] [question]
  --settlement HOW    ${SETTLEMENTS.join(', ')} (default: as the customer's settings say)`
const { values: options, positionals: words } = readOptions(usage, { options: { settlement: { type: 'string' } }, allowPositionals: true })
if (options.settlement !== undefined && !SETTLEMENTS.includes(options.settlement)) {
  process.stderr.write(`--settlement takes ${SETTLEMENTS.join(', ')}; not "${options.settlement}".\n`)
  process.exit(2)
}
const question = words.join(' ').trim() || 'What is 2+2?'
const startTimeoutMs = 30_000

if ((await build()) !== 0) process.exit(1)
const home = mkdtempSync(join(tmpdir(), 'souk-demo-'))
const environment = { ...process.env, SOUK_HOME: home, SOUK_DATA: '', SOUK_SANDBOX: '', SOUK_NWC: '', SOUK_PASSPHRASE: '' }
for (const name of ['SOUK_DATA', 'SOUK_SANDBOX', 'SOUK_NWC', 'SOUK_PASSPHRASE']) delete environment[name]
const children = []
let interrupted = false
process.on('SIGINT', () => {
  interrupted = true
  for (const child of children) child.kill('SIGINT')
})

/** Starts `souk` and reads its records, one JSON object a line. */
function startSouk(args, onRecord) {
  const child = spawn(process.execPath, [join(root, 'bin', 'souk.mjs'), ...args, '--json'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  createInterface({ input: child.stdout }).on('line', (line) => onRecord(JSON.parse(line)))
  return { child, ended: new Promise((end) => child.once('exit', (code) => end(code ?? 1))) }
}

/** Resolves when patience is over; does not keep the demo from ending before that. */
const tooLate = (value) => new Promise((late) => setTimeout(late, startTimeoutMs, value).unref())

const sats = (msat) => (msat === null || msat === undefined ? 'unknown' : `${(msat / 1000).toLocaleString('en-US', { maximumFractionDigits: 3 })} sats`)
const say = (text) => process.stdout.write(text)

/** What one side saw of the job, each change once. */
function createWitness(side) {
  const seen = []
  return {
    seen,
    see({ state, note, lockedMsat, movedMsat, updatedAt }) {
      const parts = [lockedMsat ? `${sats(lockedMsat)} locked` : null, movedMsat ? `${sats(movedMsat)} ${side === 'customer' ? 'paid' : 'received'}` : null, note ?? null]
      const what = parts.filter((part) => part !== null).join('; ')
      const last = seen.at(-1)
      if (last?.state !== state || last.what !== what) seen.push({ side, at: updatedAt, state, what })
    },
  }
}

/** Both sides in the order in which it happened, dated from the question. */
function printWitnesses(...witnesses) {
  const seen = witnesses.flatMap((witness) => witness.seen).toSorted((a, b) => a.at - b.at)
  const [first] = seen
  if (first === undefined) return
  say('\n\nWhat each side saw\n')
  for (const { side, at, state, what } of seen) say(`  ${((at - first.at) / 1000).toFixed(2).padStart(6)} s  ${side.padEnd(8)}  ${state.padEnd(15)}  ${what}\n`)
}

async function demo() {
  const startedAt = Date.now()
  say('Starting a provider (with the relay and the mint of a fresh sandbox) …\n')
  const balances = { provider: [], customer: [] }
  const witnesses = { provider: createWitness('provider'), customer: createWitness('customer') }
  let selling
  let onPaid
  const providerReady = new Promise((ready) => (selling = ready))
  const providerPaid = new Promise((paid) => (onPaid = paid))
  const provider = startSouk(['provider', '--create-channel', '--stream', '--name', 'Demo seller', '--no-house', '--data', join(home, 'provider')], (record) => {
    if (record.type === 'error') say(`provider: ${record.message}\n`)
    if (record.type === 'balance' && record.balanceMsat !== null) {
      balances.provider.push(record.balanceMsat)
      if (record.balanceMsat > balances.provider[0]) onPaid()
    }
    if (record.type === 'selling') selling(record)
    if (record.type === 'job' && record.role === 'provider') witnesses.provider.see(record)
  })
  const offer = await Promise.race([providerReady, provider.ended.then(() => null), tooLate(null)])
  if (!offer) throw new Error(interrupted ? 'Interrupted.' : 'The provider did not start.')
  say(`  sells ${offer.models.join(', ')} at ${sats(offer.priceMsat)} per request on ${offer.relays.join(', ')}\n`)
  say(`Starting a customer, which asks${options.settlement === undefined ? '' : ` to pay by ${options.settlement}`}: ${question}\n\n  `)
  let end
  let failure
  const customer = startSouk(['customer', '--discover', '--select', offer.pubkey, '--discovery-time', '20', '--prompt', question, ...(options.settlement === undefined ? [] : ['--settlement', options.settlement]), '--data', join(home, 'customer')], (record) => {
    if (record.type === 'text') say(record.text.replaceAll('\n', '\n  '))
    if (record.type === 'balance' && record.balanceMsat !== null) balances.customer.push(record.balanceMsat)
    if (record.type === 'job') witnesses.customer.see(record)
    if (record.type === 'ended') end = record
    if (record.type === 'error') failure = record
  })
  const code = await customer.ended
  if (!end || code !== 0) throw new Error(failure?.message ?? 'The customer ended without an answer.')
  balances.customer.push(end.balanceMsat)
  await Promise.race([providerPaid, tooLate(null)])
  printWitnesses(witnesses.customer, witnesses.provider)
  say(`\nAsked     ${question}\nReceived  ${end.answer.length} characters\nPaid      ${sats(end.paidMsat)}, ${sats(end.feeMsat)} of it fee\n`)
  say(`Customer  ${sats(balances.customer[0])} → ${sats(balances.customer.at(-1))}\nProvider  ${sats(balances.provider[0])} → ${sats(balances.provider.at(-1))}\n`)
  say(`Took      ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`)
}

try {
  await demo()
} catch (error) {
  say(`\n${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = interrupted ? 130 : 1
} finally {
  for (const child of children) if (child.exitCode === null) child.kill('SIGINT')
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null)
  await Promise.all(running.map((child) => new Promise((gone) => child.once('exit', gone))))
  rmSync(home, { recursive: true, force: true })
}
