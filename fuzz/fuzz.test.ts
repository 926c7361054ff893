import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readFound } from './found.ts'
import { DEFAULT_SEED, runTarget } from './run.ts'
import { loadTargets } from './targets.ts'

const CASES = 2_000
/** What takes seconds may take a minute on a busy machine. */
const TIMEOUT_MS = 120_000
const targets = await loadTargets()
const found = readFound()

// Those against another implementation are slow, and run beside this file in differential.test.ts.
const parsers = targets.filter(({ name }) => !name.startsWith('differential.'))

test.each(parsers.map((target) => [target.name, target] as const))(
  `%s survives ${CASES} cases, and those that were found before`,
  (_, target) => {
    const { cases, failures } = runTarget(target, { seed: DEFAULT_SEED, cases: CASES, found })
    expect(failures).toEqual([])
    expect(cases).toBe(CASES)
  },
  TIMEOUT_MS,
)

test('every case that was found before belongs to a target', () => {
  const names = targets.map(({ name }) => name)
  expect(found.filter(({ target }) => !names.includes(target))).toEqual([])
})

describe('no parser is forgotten', () => {
  const root = resolve(import.meta.dirname, '..')
  /** What is fuzzed as a part of something else, or is none of a relay's, a wallet's or a page's business. */
  const elsewhere: ReadonlyMap<string, string> = new Map([
    ['channelSchema.channelMessageSchema', 'channel.parseChannelMessage'],
    ['receipt.receiptEventSchema', 'privateResult.parsePrivateResult'],
    ['receipt.keptReceiptSchema', 'receiptFile.parseReceiptFile'],
    ['signedEvent.signedEventSchema', 'zapReceipt.parseZapReceipt'],
    ['usage.wireUsageSchema', 'frames.parseFrame'],
    ['usage.readUsage', 'frames.parseFrame'],
    ['nip44.decryptNip44', 'cipher.decrypt'],
    ['nip04.decryptNip04', 'cipher.decrypt'],
    ['phrase.parsePhrase', 'a person types it, and it stays on this machine'],
  ])

  /** `file.function` of every exported parser or schema under a folder. */
  function parsersIn(folder: string): readonly string[] {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !/(^|[\\/])testing[\\/]/.test(name))
    return files.flatMap((name) => {
      const source = readFileSync(join(root, folder, name), 'utf8')
      const exported = [...source.matchAll(/^export (?:async )?(?:function|const) ((?:parse|read|decode|decrypt)[A-Z]\w*|\w+Schema)\b/gm)]
      return exported.map((match) => `${basename(name, '.ts')}.${match[1]}`)
    })
  }

  test.each([['src/shared/protocol'], ['src/main/engine/nostr']])('every parse…, read…, decode…, decrypt… and …Schema of %s has a target', (folder) => {
    const exported = parsersIn(folder)
    expect(exported.length).toBeGreaterThan(5)
    const names = targets.map(({ name }) => name)
    // A new one: add it to a file in fuzz/targets.
    expect(exported.filter((name) => !names.includes(name) && !elsewhere.has(name))).toEqual([])
  })

  test('no two targets have one name', () => {
    const names = targets.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
