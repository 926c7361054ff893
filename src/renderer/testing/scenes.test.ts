import { describe, expect, it } from 'vitest'
import { jobStateSchema } from '#shared/ipc/common.ts'
import { soukContract } from '#shared/ipc/souk.ts'
import { turnSchema } from '#shared/ipc/customer.ts'
import { sats } from '#shared/market/msat.ts'
import type { SoukState } from '#renderer/state/client.ts'
import { makeStates, makeTurns } from './sceneData.ts'
import { playScene } from './scenes.ts'
import { makeSettledTurns } from './settledTurns.ts'

const NOW = 1_760_000_000_000
const STATES = Object.entries(soukContract).flatMap(([name, route]) => (route.verb === 'state' ? [{ name: name as SoukState, schema: route.snapshot }] : []))

describe('the scripted engine', () => {
  it.each(STATES)('holds $name as the contract says', ({ name, schema }) => {
    expect(schema.safeParse(makeStates(NOW)[name]).error).toBeUndefined()
  })

  it('holds turns as the contract says', () => {
    for (const turn of [...makeTurns(NOW), ...makeSettledTurns(NOW)]) expect(turnSchema.safeParse(turn).error).toBeUndefined()
  })

  it('shows a turn in every state that a question can be in', () => {
    const shown = new Set([...makeTurns(NOW), ...makeSettledTurns(NOW)].map(({ job }) => job.state))
    expect(jobStateSchema.options.filter((state) => !shown.has(state))).toEqual([])
  })

  it('quotes, asks and streams as the contract says', async () => {
    const { client } = playScene('busy', NOW)
    const ask = { prompt: 'Why?', selection: { by: 'cheapest' as const } }
    const quote = await client.request('customer.quote', ask)
    expect(quote.ok && soukContract['customer.quote'].output.safeParse(quote.value).success).toBe(true)
    const asked = await client.request('customer.ask', ask)
    if (!asked.ok) throw new Error(asked.error.message)
    const first = await new Promise((resolve) => {
      const cancel = client.stream('customer.watch', { jobId: asked.value.jobId }, {
        onItem: (item) => {
          cancel()
          resolve(item)
        },
        onEnd: () => resolve(undefined),
      })
    })
    expect(soukContract['customer.watch'].item.safeParse(first).success).toBe(true)
    await client.request('customer.stop', { jobId: asked.value.jobId })
  })

  it('takes no time where nobody looks: an answer, a try of a wallet and a withdrawal follow at once', async () => {
    const { client } = playScene('busy', NOW)
    const asked = await client.request('customer.ask', { prompt: 'Why?', selection: { by: 'cheapest' } })
    if (!asked.ok) throw new Error(asked.error.message)
    const { jobId } = asked.value
    await new Promise<void>((resolve) => void client.stream('customer.watch', { jobId }, { onItem: () => {}, onEnd: () => resolve() }))
    expect(await client.request('customer.thread', { threadId: asked.value.threadId })).toMatchObject({ value: { turns: [{ job: { state: 'done' } }] } })
    const tried = await client.request('walletChoice.try', { connection: 'nostr+walletconnect://x' })
    expect(tried.ok && soukContract['walletChoice.try'].output.safeParse(tried.value).success).toBe(true)
    expect(await client.request('onchain.withdraw', { quoteId: 'quote', speed: 'fast', confirmedMsat: sats(20_000) })).toMatchObject({ ok: true, value: { state: 'sent' } })
  })
})
