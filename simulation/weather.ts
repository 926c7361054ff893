/** What befalls the world from time to time: relays, machines, clocks, disks, models and wallets fail for a while. */
import type { Chance } from './chance.ts'
import type { Faults } from './faults.ts'
import type { Member } from './invariants.ts'
import type { Network } from './network.ts'
import type { VirtualTime } from './virtualTime.ts'

export interface Weather {
  begin(): void
  /** Everything is up and right from now on. */
  clear(): void
}

export interface WeatherOptions {
  readonly time: VirtualTime
  readonly chance: Chance
  readonly faults: Faults
  readonly network: Network
  readonly members: readonly Member[]
}

const MEAN_GAP_MS = 80_000
const USUAL_SKEW_MS = 120_000
const LARGE_SKEW_MS = 900_000
const LARGE_SKEW = 0.15
const SKEWED_FOR_MS = 1_200_000
const ALL_RELAYS = 0.05

export function createWeather({ time, chance, faults, network, members }: WeatherOptions): Weather {
  function strike(): void {
    if (!faults.isOn()) return
    time.after(chance.waiting(MEAN_GAP_MS), strike)
    const { machine, model, wallet } = chance.pick(members)
    const forMs = chance.waiting(40_000)
    const draw = chance.between(0, 99)
    if (draw < 30) return takeRelaysDown(forMs)
    if (draw < 32) {
      faults.count('relay emptied')
      return network.empty(chance.pick(network.urls))
    }
    if (draw < 52) return machine.kill('killed between steps')
    if (draw < 64) return stepClock(machine)
    if (draw < 74) {
      faults.count('disk full')
      return machine.fillDisk(forMs)
    }
    if (draw < 87) {
      faults.count('model away')
      return model.goAway(forMs * chance.between(1, 8))
    }
    faults.count('wallet away')
    wallet.goAway(forMs)
  }

  function takeRelaysDown(forMs: number): void {
    const urls = chance.happens(ALL_RELAYS) ? network.urls : [chance.pick(network.urls)]
    for (const url of urls) {
      faults.count('relay down')
      network.takeDown(url)
      time.after(forMs, () => network.bringUp(url))
    }
  }

  function stepClock(machine: Member['machine']): void {
    faults.count('clock stepped')
    if (!chance.happens(LARGE_SKEW)) return machine.setClock(chance.between(-USUAL_SKEW_MS, USUAL_SKEW_MS))
    machine.setClock(chance.between(-LARGE_SKEW_MS, LARGE_SKEW_MS))
    time.after(chance.waiting(SKEWED_FOR_MS), () => machine.setClock(chance.between(-2_000, 2_000)))
  }

  return {
    begin: () => void time.after(chance.waiting(MEAN_GAP_MS), strike),
    clear() {
      for (const url of network.urls) network.bringUp(url)
      for (const { machine } of members) {
        machine.setClock(0)
        machine.fillDisk(0)
      }
    },
  }
}
