import { describe, expect, it } from 'vitest'
import type { Snapshot } from '#renderer/state/client.ts'
import { makeStates } from '#renderer/testing/sceneData.ts'
import { findSellProblems, type SellScene } from './sellProblems.ts'

const states = makeStates(1_700_000_000_000)

function scene(change: { provider?: Partial<Snapshot<'provider.status'>>; backend?: Partial<Snapshot<'backend.status'>>; relays?: SellScene['relays']; wallet?: Partial<Snapshot<'wallet.status'>> } = {}): SellScene {
  const provider = states['provider.status'] ?? expect.fail('no provider')
  const backend = states['backend.status'] ?? expect.fail('no backend')
  const wallet = states['wallet.status'] ?? expect.fail('no wallet')
  return {
    provider: { ...provider, ...change.provider },
    backend: { ...backend, ...change.backend },
    relays: change.relays ?? states['relays.status']?.relays,
    wallet: { ...wallet, ...change.wallet },
  }
}
const idsOf = (found: SellScene) => findSellProblems(found).map((problem) => problem.id)

describe('what stands in the way of selling', () => {
  it('is nothing while a model, a relay and the wallet are there', () => expect(idsOf(scene())).toEqual([]))

  it('is nothing yet while the engine still looks for its backend', () => {
    const { checkedAt: _, ...backend } = { ...states['backend.status'], choice: 'ollama' as const, active: 'ollama' as const, url: 'http://127.0.0.1:11434', reachable: false, models: [] }
    expect(idsOf({ ...scene(), backend })).toEqual([])
  })

  it('offers to start Ollama, to look again or to use the toy when Ollama was chosen and is silent', () => {
    const [problem] = findSellProblems(scene({ provider: { offeredModels: [] }, backend: { choice: 'ollama', reachable: false, models: [], problem: 'Ollama is not answering on port 11434.' } }))
    expect(problem).toMatchObject({ id: 'models', level: 'warning', message: 'Ollama is not answering on port 11434.', remedies: ['start-ollama', 'look-again', 'use-toy'] })
  })

  it('offers to pull a model when Ollama has none', () => {
    expect(findSellProblems(scene({ provider: { offeredModels: [] }, backend: { models: [] } }))[0]?.remedies[0]).toBe('pull-model')
  })

  it('only informs when the toy stands in for Ollama', () => {
    const found = findSellProblems(scene({ backend: { active: 'toy', problem: 'Ollama is not answering on port 11434.', models: [{ name: 'souk-toy' }] } }))
    expect(found.map(({ id, level }) => [id, level])).toEqual([['toy', 'info']])
    expect(found[0]?.message).toContain('made-up text')
  })

  it('says nothing of Ollama when the toy was chosen', () => {
    expect(idsOf(scene({ backend: { choice: 'toy', active: 'toy', models: [{ name: 'souk-toy' }] } }))).toEqual([])
  })

  it('offers every model when the chosen ones are all gone', () => {
    expect(findSellProblems(scene({ provider: { offeredModels: [] } }))[0]?.remedies).toEqual(['offer-all'])
  })

  it('names relays and wallet, warnings before what only informs', () => {
    expect(
      idsOf(scene({ relays: {}, wallet: { state: 'unavailable', problem: 'It is silent.' }, backend: { active: 'toy', problem: 'No Ollama.', models: [{ name: 'souk-toy' }] } })),
    ).toEqual(['relays', 'wallet', 'toy'])
  })

  it('repeats the reason of the last start only when nothing found now explains it', () => {
    const problem = 'No relay took the new channel.'
    expect(idsOf(scene({ provider: { problem } }))).toEqual(['start'])
    expect(idsOf(scene({ provider: { problem }, relays: {} }))).toEqual(['relays'])
  })
})
