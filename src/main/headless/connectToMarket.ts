import { EXIT } from './exitCodes.ts'
import type { Session } from './session.ts'
import { CommandFailed, orInterrupted } from './terminal.ts'

const CONNECT_MS = 10_000
/** Relays that refused are given this long to come back: one may be starting, or changing hosts. */
const SECOND_CHANCE_MS = 2_000

/** Waits for one relay; ends the command with each one's reason when there is none to be had. */
export async function connectToMarket({ engine, interrupt }: Session, interrupted: string): Promise<void> {
  const { pool, clock } = engine
  let cancel = () => {}
  let forget = () => {}
  const allRefused = new Promise<false>((resolve) => {
    let isPlanned = false
    const look = () => {
      if (isPlanned || !Object.values(pool.status.get()).every((relay) => relay.problem !== null && relay.state !== 'connected')) return
      isPlanned = true
      cancel = clock.after(SECOND_CHANCE_MS, () => resolve(false))
    }
    forget = pool.status.subscribe(look)
    look()
  })
  try {
    if (await orInterrupted(Promise.race([pool.connected(CONNECT_MS), allRefused]), interrupt, interrupted)) return
  } finally {
    cancel()
    forget()
  }
  const reasons = Object.values(pool.status.get()).map(({ url, problem }) => `${url} (${problem ?? 'no answer yet'})`)
  throw new CommandFailed(EXIT.failed, 'no-relay', `No relay can be reached: ${reasons.join(', ')} Check the address and the network; \`souk doctor\` with the same --relay says more.`)
}
