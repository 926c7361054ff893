/** The people in front of the machines: customers who ask, stop and give up; sellers who stop, cancel, retry and write off. */
import type { DialectName } from '#shared/market/dialect.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import type { Question } from '#engine/customer/quote.ts'
import type { Engine } from '#engine/engine.ts'
import type { Chance } from './chance.ts'
import type { Member } from './invariants.ts'
import type { Machine } from './machine.ts'
import type { VirtualTime } from './virtualTime.ts'

export interface PeopleOptions {
  readonly time: VirtualTime
  readonly chance: Chance
  readonly sellers: readonly Member[]
  readonly customers: readonly Member[]
  /** The key of a seller that cheats. */
  readonly cheat: string
  readonly jobs: number
  readonly dialect: DialectChoice
  readonly settlement: SettlementChoice
}

export type DialectChoice = DialectName | 'mix'
export type SettlementChoice = Settlement | 'mix'

export interface People {
  /** A seller's machine has started: it sells again, and by the same terms. */
  openShop(machine: Machine, engine: Engine): void
  begin(): void
  asked(): number
  /** Why a question was not asked, and what people did. */
  deeds(): Readonly<Record<string, number>>
  /** Nothing new any more; what is owed is delivered. */
  windUp(): void
  /** Customers give up what they still wait for. */
  giveUp(): void
}

const BURST_GAP_MS = 70_000
const LARGEST_BURST = 6
const SELLER_ACT_MS = 150_000
const SHOP_RETRY_MS = 20_000
const STOP = 0.06
const ASK_CHEAT = 0.03
const PRICES_SATS = [3, 5, 8, 10, 14] as const

export function createPeople({ time, chance, sellers, customers, cheat, jobs, dialect, settlement }: PeopleOptions): People {
  const deeds = new Map<string, number>()
  let asked = 0
  let isWindingUp = false
  const did = (deed: string) => void deeds.set(deed, (deeds.get(deed) ?? 0) + 1)

  function ask(machine: Machine): void {
    machine.act((engine) => {
      const prompt = `Question ${asked + 1} of ${machine.name}: ${'why? '.repeat(chance.between(0, 8))}${chance.happens(0.02) ? 'because '.repeat(chance.between(100, 1_500)) : ''}`.trim()
      const seller = chance.happens(ASK_CHEAT) ? cheat : chance.pick(sellers).machine.pubkey()
      const selection = chance.happens(0.9) ? ({ by: 'pubkey', prefix: seller } as const) : ({ by: chance.pick(dialect === 'mix' ? (['cheapest', 'first', 'open'] as const) : (['cheapest', 'first'] as const)) } as const)
      const outcome = engine.customer.ask({ prompt, selection, maxTokens: chance.between(2, 64), ...(selection.by === 'open' ? {} : chooseDialect()), ...chooseSettlement(selection.by === 'open'), ...(chance.happens(0.1) ? { maxPriceMsat: sats(9) } : {}) })
      if (!outcome.ok) return did(`not asked: ${outcome.error.code}`)
      asked += 1
      const { jobId } = outcome.value
      if (!chance.happens(STOP)) return
      time.wake(chance.between(0, 25_000), () => machine.act((now) => void (now.customer.stop(jobId).ok && did('customer stopped a job'))))
    })
  }

  /** In `mix` mostly the best that both speak; `encrypted` means something in NIP-90 alone. */
  function chooseDialect(): Pick<Question, 'dialect' | 'encrypted'> {
    const chosen = dialect === 'mix' ? chance.pick([null, null, 'souk/1', 'nip90', 'channel'] as const) : dialect
    return chosen === null ? {} : { dialect: chosen, ...(chosen === 'nip90' ? { encrypted: chance.happens(0.5) } : {}) }
  }

  /** In `mix` all of them; where seller and dialect know it not, the question is not asked, and that is counted. */
  function chooseSettlement(isOpen: boolean): Pick<Question, 'settlement'> {
    if (isOpen || settlement === 'prepay') return { settlement: 'prepay' }
    const chosen = settlement === 'mix' ? chance.pick([null, 'prepay', ...SETTLEMENTS] as const) : settlement
    return chosen === null ? {} : { settlement: chosen }
  }

  function burst(): void {
    if (isWindingUp || asked >= jobs) return
    const size = Math.min(chance.between(1, LARGEST_BURST), jobs - asked)
    for (let index = 0; index < size; index += 1) time.wake(chance.between(0, 3_000), () => asked < jobs && ask(chance.pick(customers).machine))
    time.after(chance.waiting(BURST_GAP_MS), burst)
  }

  const openJobs = (engine: Engine, state: string) => Object.values(engine.provider.status.get().jobs).filter((row) => row.state === state)

  function sellerActs(): void {
    if (isWindingUp) return
    time.wake(chance.waiting(SELLER_ACT_MS), sellerActs)
    const { machine } = chance.pick(sellers)
    machine.act((engine) => {
      const { provider } = engine
      switch (chance.between(0, 7)) {
        case 0:
          for (const { jobId } of Object.values(provider.status.get().jobs).slice(0, 1)) if (provider.cancelJob(jobId).ok) did('seller cancelled a job')
          return
        case 1: {
          did('seller stopped selling')
          void provider.stop().then(() => time.wake(chance.between(1_000, 300_000), () => machine.act((now) => openShop(machine, now))))
          return
        }
        case 2:
          did('seller changed the price')
          return provider.setTerms({ priceMsat: msat(chance.pick(PRICES_SATS) * 1_000 + chance.between(0, 999)) })
        case 3:
          for (const { jobId } of openJobs(engine, 'owed').slice(0, 1)) if (chance.happens(0.3) && provider.writeOffJob(jobId, 'Paid back by hand.').ok) did('seller wrote a debt off')
          return
        default:
          for (const { jobId } of openJobs(engine, 'owed')) if (provider.retryJob(jobId).ok) did('seller tried a debt again')
      }
    })
  }

  function openShop(machine: Machine, engine: Engine): void {
    if (machine.starts() === 1 && engine.provider.status.get().channelId === null) {
      engine.provider.setTerms({ name: machine.name, priceMsat: sats(chance.pick(PRICES_SATS)), concurrency: chance.between(1, 4), queueLength: 20, maxOpenPerCustomer: 6, maxTokens: 48 })
    }
    void sell(machine, engine)
  }

  async function sell(machine: Machine, engine: Engine): Promise<void> {
    await engine.backend.refresh()
    if (machine.engine() !== engine) return
    const started = await engine.provider.start()
    if (!started.ok && machine.engine() === engine) time.wake(SHOP_RETRY_MS, () => machine.act((now) => openShop(machine, now)))
  }

  return {
    openShop,
    begin() {
      time.after(chance.between(5_000, 8_000), burst)
      time.wake(SELLER_ACT_MS, sellerActs)
    },
    asked: () => asked,
    deeds: () => Object.fromEntries([...deeds].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    windUp() {
      isWindingUp = true
      for (const { machine } of sellers) {
        machine.act((engine) => {
          for (const { jobId } of openJobs(engine, 'owed')) engine.provider.retryJob(jobId)
        })
      }
    },
    giveUp() {
      for (const { machine } of customers) {
        machine.act((engine) => {
          for (const { jobId } of Object.values(engine.customer.jobs.get())) {
            if (engine.customer.stop(jobId).ok) did('customer gave up')
            else if (engine.customer.claim(jobId).ok) did('customer asked for what is owed')
          }
        })
      }
    },
  }
}
