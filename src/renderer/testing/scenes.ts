/** Named states of the whole app, for the preview: `preview.html?scene=empty`. */
import type { Turn } from '#shared/ipc/customer.ts'
import { applyMerge } from '#shared/ipc/mergePatch.ts'
import { settingsSchema } from '#shared/ipc/settings.ts'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { playChannels } from './fakeChannels.ts'
import { createFakeEngine, type FakeEngine, type FakeStates, type Later } from './fakeEngine.ts'
import { makeTangledWallet } from './fakeMoney.ts'
import { playHouse } from './fakeHouse.ts'
import { playMarket, type MarketScript } from './fakeMarket.ts'
import { makeStates, makeTurns } from './sceneData.ts'
import { makeSettledSales, makeSettledThreads, makeSettledTurns } from './settledTurns.ts'

export const SCENES = ['busy', 'welcome', 'empty', 'loading', 'offline', 'failing', 'stuck', 'unsold', 'mainnet', 'notices', 'long', 'money', 'stopped', 'regtest', 'settled', 'unable'] as const
export type SceneName = (typeof SCENES)[number]

/** Without `later` nothing takes any time. */
export function playScene(scene: SceneName, now = Date.now(), later?: Later): FakeEngine {
  const engine = createFakeEngine(statesOf(scene, now), {}, {}, later)
  const script: MarketScript = { turns: scene === 'empty' ? [] : scene === 'long' ? makeManyTurns(now) : [...makeTurns(now), ...makeSettledTurns(now)], ending: scene === 'failing' ? 'failed' : scene === 'stuck' ? 'never' : 'done', pieceEveryMs: 30 }
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
    const choice = engine.getState('walletChoice.status')
    if (choice && change.limits !== undefined) engine.setState('walletChoice.status', { ...choice, needs: { ...choice.needs, limitsSet: true } })
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
  const wallet = states['wallet.status']
  if (!app) return states
  switch (scene) {
    case 'welcome':
      return { ...states, 'app.status': { ...app, welcomed: false } }
    case 'empty':
      return { ...states, 'customer.threads': { threads: {} }, 'channels.joined': { channels: {} }, 'channels.found': { channels: {}, loaded: true }, 'channels.mutes': { muted: {}, state: 'saved' } }
    case 'loading':
      return { 'app.status': app }
    case 'settled': {
      const sold = states['provider.status']
      return { ...states, 'customer.threads': { threads: { ...states['customer.threads']?.threads, ...makeSettledThreads(now) } }, ...(sold ? { 'provider.status': { ...sold, jobs: { ...sold.jobs, ...makeSettledSales(now) } } } : {}) }
    }
    case 'unable': {
      const [sold, choice] = [states['provider.status'], states['walletChoice.status']]
      if (!sold || !choice?.abilities) return states
      return {
        ...states,
        'provider.status': { ...sold, terms: { ...sold.terms, settlements: ['prepay', 'sealed'], streaming: false }, settlements: ['prepay'] },
        'walletChoice.status': { ...choice, abilities: { ...choice.abilities, holdInvoices: false } },
      }
    }
    case 'unsold':
      return { ...states, 'customer.offers': { offers: {}, loaded: true, refused: {} }, 'customer.threads': { threads: {} } }
    case 'mainnet':
      return {
        ...states,
        'app.status': { ...app, mode: 'mainnet', network: 'mainnet' },
        ...(wallet ? { 'wallet.status': { ...wallet, network: 'mainnet', alias: 'Ada’s hub' } } : {}),
        'walletChoice.status': {
          current: 'nwc',
          next: { kind: 'nwc', network: 'mainnet' },
          needs: { protected: true, backedUp: true, limitsSet: true },
          abilities: { alias: 'Ada’s hub', methods: ['get_info', 'get_balance', 'get_budget', 'make_invoice', 'pay_invoice', 'lookup_invoice', 'list_transactions'], holdInvoices: false, budget: { totalMsat: sats(5_000), usedMsat: sats(1_200), renewsAt: now + 1_000_000_000 } },
        },
      }
    case 'money':
      return wallet ? { ...states, 'wallet.status': makeTangledWallet(wallet, now) } : states
    case 'stopped':
      return wallet ? { ...states, 'wallet.status': { ...wallet, spendingStopped: true } } : states
    case 'regtest':
      return {
        ...states,
        'app.status': { ...app, mode: 'regtest', network: 'regtest' },
        ...(wallet ? { 'wallet.status': { ...wallet, kind: 'spark', alias: 'Spark (regtest)', balanceMsat: sats(42), availableMsat: sats(42), pendingMsat: ZERO_MSAT } } : {}),
        'onchain.status': { available: true, faucetUrl: 'https://faucet.example/regtest' },
        'walletChoice.status': { current: 'spark', next: { kind: 'spark', network: 'regtest' }, needs: { protected: false, backedUp: false, limitsSet: false } },
      }
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
