/**
 * The points at which a process may die: before and after every durable write of a job or of a payment by hand, every wallet call
 * that moves or looks for money, and every publish. A later piece of text and a later look at the wallet are written, asked and published from
 * the same state as the first: by default a process dies at the first passing of a name alone.
 */
import type { StatementSync } from 'node:sqlite'
import type { EngineWraps } from '../../engine.ts'
import type { NostrEvent } from '../../nostr/relayPool.ts'
import type { StoredEvent } from '../../store/journal.ts'

export function createKillPoints(pass: (name: string) => void): Required<Pick<EngineWraps, 'database' | 'journal' | 'wallet' | 'pool'>> {
  /** What the transaction under way writes; at most one entry. */
  const writing: string[] = []

  async function around<T>(name: string, call: () => Promise<T>, describe?: (answer: T) => string): Promise<T> {
    pass(`${name}: before`)
    const answer = await call()
    pass(`${name}: after${describe === undefined ? '' : `, ${describe(answer)}`}`)
    return answer
  }

  return {
    database: (database) =>
      replaceIn(database, {
        exec(sql: string) {
          if (sql.startsWith('BEGIN')) writing.length = 0
          const committed = sql === 'COMMIT' ? writing.splice(0) : []
          // Written and not yet committed.
          for (const name of committed) pass(`write ${name}: before`)
          database.exec(sql)
          for (const name of committed) pass(`write ${name}: after`)
        },
        prepare(sql: string) {
          const statement = database.prepare(sql)
          const state = /^\s*INSERT INTO sent_payment /.test(sql) ? 'intended' : /^\s*UPDATE sent_payment /.test(sql) ? null : undefined
          if (state === undefined) return statement
          return replaceIn(statement, {
            run(...values: Parameters<StatementSync['run']>) {
              writing.push(`payment ${state ?? (typeof values[0] === 'string' ? values[0] : '')}`)
              return statement.run(...values)
            },
          })
        },
      }),
    journal: (journal) => ({
      ...journal,
      append(role, jobId, from, events, record) {
        writing.push(nameEvents(events))
        journal.append(role, jobId, from, events, record)
      },
    }),
    wallet: (wallet) => ({
      ...wallet,
      createInvoice: (request) => around('wallet createInvoice', () => wallet.createInvoice(request)),
      createHoldInvoice: (request) => around('wallet createHoldInvoice', () => wallet.createHoldInvoice(request)),
      settleHold: (preimage) => around('wallet settleHold', () => wallet.settleHold(preimage)),
      cancelHold: (paymentHash) => around('wallet cancelHold', () => wallet.cancelHold(paymentHash)),
      pay: (request) => around('wallet pay', () => wallet.pay(request), ({ state }) => state),
      lock: (request) => around('wallet lock', () => wallet.lock(request), ({ state }) => state),
      lookup: (paymentHash, direction) => around('wallet lookup', () => wallet.lookup(paymentHash, direction), (found) => (found.ok ? (found.value?.state ?? 'nothing') : 'no answer')),
    }),
    pool: (pool) => ({
      ...pool,
      publish: (event, relays) => around(`publish ${nameMessage(event)}`, () => pool.publish(event, relays)),
    }),
  }
}

/** The same, with these functions in place of its own. */
function replaceIn<T extends object>(inner: T, replaced: object): T {
  return new Proxy(inner, {
    get(target, name) {
      const found: unknown = Reflect.get(name in replaced ? replaced : target, name, name in replaced ? replaced : target)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

function nameEvents(events: readonly StoredEvent[]): string {
  return events.map(({ body }) => `${textOf(body, 'type')}${textOf(body, 'what') === '' ? '' : ` ${textOf(body, 'what')}`}`).join(' + ')
}

function nameMessage(event: NostrEvent): string {
  if (event.kind !== 42) return `kind ${event.kind}`
  return textOf(JSON.parse(event.content), 'type')
}

function textOf(value: unknown, name: string): string {
  const found: unknown = typeof value === 'object' && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined
  return typeof found === 'string' ? found : ''
}
