import { describe, expect, it } from 'vitest'
import { createFakeEngine } from '#renderer/testing/fakeEngine.ts'
import { makeStates } from '#renderer/testing/sceneData.ts'
import type { SoukState } from './client.ts'
import { createStateCache } from './stateCache.ts'

function setUp() {
  const engine = createFakeEngine(makeStates(0))
  const watches: { name: SoukState; open: boolean }[] = []
  const cache = createStateCache({
    watchState: (name, listener) => {
      const watch = { name, open: true }
      watches.push(watch)
      const leave = engine.client.watchState(name, listener)
      return () => {
        watch.open = false
        leave()
      }
    },
  })
  return { engine, cache, watches }
}

describe('createStateCache', () => {
  it('opens one watch for any number of listeners and closes it with the last', () => {
    const { cache, watches } = setUp()
    const leave = [cache.subscribe('wallet.status', () => undefined), cache.subscribe('wallet.status', () => undefined)]
    expect(watches).toEqual([{ name: 'wallet.status', open: true }])
    leave[0]?.()
    expect(watches[0]?.open).toBe(true)
    leave[1]?.()
    expect(watches[0]?.open).toBe(false)
  })

  it('keeps the last snapshot for the next one who looks', () => {
    const { cache, engine } = setUp()
    expect(cache.get('wallet.status')).toBeUndefined()
    cache.subscribe('wallet.status', () => undefined)()
    expect(cache.get('wallet.status')).toBe(engine.getState('wallet.status'))
  })

  it('tells every listener of a new snapshot, also when one of them leaves meanwhile', () => {
    const { cache, engine } = setUp()
    const heard: string[] = []
    let leaveFirst: (() => void) | undefined
    leaveFirst = cache.subscribe('wallet.status', () => {
      heard.push('first')
      leaveFirst?.()
    })
    cache.subscribe('wallet.status', () => heard.push('second'))
    heard.length = 0
    const wallet = engine.getState('wallet.status')
    if (!wallet) throw new Error('the scene has a wallet')
    engine.setState('wallet.status', { ...wallet, state: 'unavailable' })
    expect(heard).toEqual(['first', 'second'])
    expect(cache.get('wallet.status')?.state).toBe('unavailable')
  })
})
