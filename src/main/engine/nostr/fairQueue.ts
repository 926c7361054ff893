/**
 * Takes turns: one message of each client that has some, round and round, and the event loop in between. However fast
 * one client sends, another's message waits for at most one message of everybody else.
 */
export interface FairQueue<Client> {
  /** Says that `client` has work; `takeOne` is called for it until it returns false. */
  announce(client: Client): void
  stop(): void
}

/** Messages handled before the sockets are looked at again: a few milliseconds of signatures. */
const MESSAGES_PER_TURN = 16

/** `takeOne` handles one message of a client and says whether that client has more. */
export function createFairQueue<Client>(takeOne: (client: Client) => boolean): FairQueue<Client> {
  const waiting = new Set<Client>()
  let scheduled: NodeJS.Immediate | null = null

  const schedule = () => {
    if (scheduled === null && waiting.size > 0) scheduled = setImmediate(run)
  }
  const run = () => {
    scheduled = null
    for (let handled = 0; handled < MESSAGES_PER_TURN; handled += 1) {
      const [client] = waiting
      if (client === undefined) break
      waiting.delete(client)
      // A Set keeps insertion order, so adding again is going to the end of the line.
      if (takeOne(client)) waiting.add(client)
    }
    schedule()
  }
  return {
    announce(client) {
      waiting.add(client)
      schedule()
    },
    stop() {
      waiting.clear()
      if (scheduled !== null) clearImmediate(scheduled)
      scheduled = null
    },
  }
}
