/** Two engines on one folder, in processes of their own: the second refuses, whatever became of the first. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { lockFolder } from './store/folderLock.ts'
import { startSouk, type SoukProcess } from './testing/crash/startSouk.ts'
import { openMarket, type Market } from './testing/market.ts'

const REFUSAL = 'Another Souk is using'
const ROUNDS = 12
const PATIENCE_MS = 90_000

let market: Market
const processes = new Set<SoukProcess>()
let names = 0

beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  for (const souk of processes) await souk.kill().catch(() => {}) // Those that refused have ended by themselves.
  processes.clear()
})
afterAll(() => market.end())

const nextFolder = () => market.dataFolder(`folder${names++}`)
function start(dataFolder: string): SoukProcess {
  const souk = startSouk({ role: 'customer', dataFolder, sandboxFolder: market.sandboxFolder, killAt: null, settlement: 'prepay', ask: null })
  processes.add(souk)
  return souk
}
/** Its public key, once it has opened the folder; the sentence with which it ended, otherwise. */
const opened = (souk: SoukProcess) =>
  souk.hear((report) => (report.type === 'identity' ? report.pubkey : null), 'its identity').catch(() => souk.killed.then(() => 'killed', (error: unknown) => (error instanceof Error ? error.message : String(error))))
const PUBKEY = /^[0-9a-f]{64}$/

it('the second process on a folder refuses with a sentence, and the first one does not notice', { timeout: PATIENCE_MS }, async () => {
  const folder = nextFolder()
  const first = start(folder)
  expect(await opened(first)).toMatch(PUBKEY)
  expect(await opened(start(folder))).toContain(`${REFUSAL} ${folder}. Close it, or choose another folder with --data.`)
  await first.stop()
  expect(await first.killed).toBe(false)
})

it('a folder whose process was killed with -9 is taken over at once, by the same person', { timeout: PATIENCE_MS }, async () => {
  const folder = nextFolder()
  const first = start(folder)
  const pubkey = await opened(first)
  await first.kill()
  const second = start(folder)
  expect(await opened(second)).toBe(pubkey)
  // And it is held as the first one held it.
  expect(lockFolder(folder)).toMatchObject({ ok: false, error: { code: 'folder-in-use', message: expect.stringContaining(REFUSAL) } })
  await second.stop()
})

it('of two processes that are started at the same instant one opens the folder', { timeout: PATIENCE_MS }, async () => {
  const folder = nextFolder()
  const outcomes = await Promise.all([start(folder), start(folder)].map(opened))
  expect(outcomes.filter((outcome) => PUBKEY.test(outcome))).toHaveLength(1)
  expect(outcomes.filter((outcome) => outcome.includes(REFUSAL))).toHaveLength(1)
})

it(`of two that lock at the same instant, ${ROUNDS} times, one does: never both, never neither`, { timeout: PATIENCE_MS }, async () => {
  const base = nextFolder()
  const racers = [spawnRacer(base), spawnRacer(base)]
  try {
    for (let round = 0; round < ROUNDS; round++) {
      mkdirSync(join(base, String(round)), { recursive: true })
      const outcomes = await Promise.all(racers.map((racer) => racer.lock(round)))
      expect(outcomes.toSorted()).toEqual(['folder-in-use', 'held'])
    }
  } finally {
    await Promise.all(racers.map((racer) => racer.end()))
  }
})

it('a copy of a folder in use, its lock file with it, is another folder', { timeout: PATIENCE_MS }, async () => {
  const [folder, copy] = [nextFolder(), nextFolder()]
  const first = start(folder)
  const pubkey = await opened(first)
  cpSync(folder, copy, { recursive: true })
  const second = start(copy)
  expect(await opened(second)).toBe(pubkey)
  expect(await opened(start(copy))).toContain(REFUSAL)
  await Promise.all([first.stop(), second.stop()])
})

it('a lock file that is damaged locks all the same', () => {
  const folder = nextFolder()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'lock'), 'no database, and longer than the header of one. '.repeat(100))
  const first = lockFolder(folder)
  expect(first).toMatchObject({ ok: true })
  expect(lockFolder(folder)).toMatchObject({ ok: false, error: { code: 'folder-in-use' } })
  if (first.ok) first.value.release()
  expect(readFileSync(join(folder, 'lock')).length).toBe(0)
})

function spawnRacer(folder: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing', 'crash', 'lockRacer.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async lock(round: number): Promise<string> {
      child.stdin.write(`${round}\n`)
      const { value } = await lines.next()
      return String(value)
    },
    async end() {
      child.stdin.end()
      child.kill()
      await ended
    },
  }
}
