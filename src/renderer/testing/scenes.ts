/** Named states of the whole app, for the preview: `preview.html?scene=empty`. */
import type { Turn } from '#shared/ipc/customer.ts'
import { applyMerge } from '#shared/ipc/mergePatch.ts'
import { settingsSchema } from '#shared/ipc/settings.ts'
import { ok } from '#shared/market/result.ts'
import { playChannels } from './fakeChannels.ts'
import { createFakeEngine, type FakeEngine, type FakeStates } from './fakeEngine.ts'
import { playHouse } from './fakeHouse.ts'
import { playMarket, type MarketScript } from './fakeMarket.ts'
import { makeStates, makeTurns } from './sceneData.ts'

export const SCENES = ['busy', 'welcome', 'empty', 'loading', 'offline', 'failing', 'stuck', 'unsold', 'mainnet', 'notices', 'long'] as const
export type SceneName = (typeof SCENES)[number]

export function playScene(scene: SceneName, now = Date.now()): FakeEngine {
  const engine = createFakeEngine(statesOf(scene, now))
  const script: MarketScript = { turns: scene === 'empty' ? [] : scene === 'long' ? makeManyTurns(now) : makeTurns(now), ending: scene === 'failing' ? 'failed' : scene === 'stuck' ? 'never' : 'done', pieceEveryMs: 30 }
  playMarket(engine, script)
  playChannels(engine)
  playHouse(engine, scene === 'empty' || scene === 'failing' || scene === 'loading' ? scene : 'busy', now)
  engine.requests['app.finishWelcome'] = () => {
    const status = engine.getState('app.status')
    if (status) engine.setState('app.status', { ...status, welcomed: true })
    return ok({})
  }
  engine.requests['app.dismissNotice'] = ({ id }) => {
    const status = engine.getState('app.status')
    if (status) engine.setState('app.status', { ...status, notices: Object.fromEntries(Object.entries(status.notices).filter(([known]) => known !== id)) })
    return ok({})
  }
  engine.requests['settings.update'] = (change) => {
    engine.setState('settings.values', settingsSchema.parse(applyMerge(engine.getState('settings.values'), change)))
    return ok({})
  }
  if (scene === 'offline') engine.setConnection('closed')
  return engine
}

function makeManyTurns(now: number): Turn[] {
  return Array.from({ length: 120 }, (_, n) => makeTurns(now).map((turn) => ({ ...turn, jobId: `${turn.jobId}-${n}`, prompt: `${n + 1}. ${turn.prompt}`, job: { ...turn.job, jobId: `${turn.jobId}-${n}` } }))).flat()
}

function statesOf(scene: SceneName, now: number): FakeStates {
  const states = makeStates(now)
  const app = states['app.status']
  if (!app) return states
  switch (scene) {
    case 'welcome':
      return { ...states, 'app.status': { ...app, welcomed: false } }
    case 'empty':
      return { ...states, 'customer.threads': { threads: {} }, 'channels.joined': { channels: {} }, 'channels.found': { channels: {}, loaded: true }, 'channels.mutes': { muted: {}, state: 'saved' } }
    case 'loading':
      return { 'app.status': app }
    case 'unsold':
      return { ...states, 'customer.offers': { offers: {}, loaded: true, refused: {} }, 'customer.threads': { threads: {} } }
    case 'mainnet':
      return { ...states, 'app.status': { ...app, mode: 'mainnet', network: 'mainnet' } }
    case 'notices':
      return { ...states, 'app.status': { ...app, notices: { store: { level: 'warning', message: 'The store was damaged and was set aside as store-2026-01-05.bad. You start with an empty one; your money is in the wallet.' } } } }
    case 'busy':
    case 'long':
    case 'offline':
    case 'failing':
    case 'stuck':
      return states
  }
}
