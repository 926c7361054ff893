import { expect, test } from 'vitest'
import { parseRelayInformation } from '#shared/protocol/nip11.ts'
import { createMemoryPool } from './nostr/testing/memoryPool.ts'
import { createSignal } from './signal.ts'
import { findWorkProblem } from './workDemand.ts'

const [GREEDY, DEARER, FREE, THEIRS] = ['wss://greedy.test', 'wss://dearer.test', 'wss://free.test', 'wss://theirs.test']
const DOCUMENT = parseRelayInformation({ limitation: { min_pow_difficulty: 40 } })

/** The first relay wants work that is done here; the second more than that, by its document. */
function poolOf(...urls: readonly string[]) {
  const { status, ...pool } = createMemoryPool({ urls })
  const told = Object.entries(status.get()).map(([url, known]) => [url, url === DEARER ? { ...known, limits: DOCUMENT?.limitation ?? null } : known] as const)
  return { ...pool, status: createSignal(Object.fromEntries(told)), powBits: (relays: readonly string[] = urls) => (relays.includes(GREEDY) ? 20 : 0) }
}

test('it is said when every relay that a question goes to wants work', () => {
  expect(findWorkProblem(poolOf(GREEDY, DEARER), [])).toMatch(/^Every relay .* proof of work/)
  expect(findWorkProblem(poolOf(GREEDY, DEARER), [GREEDY])).not.toBeNull()
})

test('it is not said while one may take it, of the list or the seller’s, or there is none', () => {
  expect(findWorkProblem(poolOf(GREEDY, FREE), [])).toBeNull()
  expect(findWorkProblem(poolOf(GREEDY), [THEIRS])).toBeNull()
  const none = poolOf()
  expect(findWorkProblem({ ...none, urls: () => [] }, [])).toBeNull()
})
