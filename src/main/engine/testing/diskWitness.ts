/**
 * Looks over an engine's shoulder: whenever it pays, makes an invoice, runs the model or publishes, what that follows from
 * has to be on disk already. Reads the data file through a connection of its own, so that it sees what is committed and
 * nothing that the engine merely holds.
 */
import { DatabaseSync } from 'node:sqlite'
import { hashOf } from '#shared/protocol/preimage.ts'
import type { EngineWraps } from '../engine.ts'
import type { NostrEvent } from '../nostr/relayPool.ts'

export interface DiskWitness {
  readonly wrap: EngineWraps
  /** What ran and was not on disk, in a sentence each. */
  readonly violations: readonly string[]
  /** How many effects were looked at. */
  looks(): number
  close(): void
}

/** `path` of the engine's database; nothing is opened before the first look. */
export function createDiskWitness(path: string): DiskWitness {
  const violations: string[] = []
  let looks = 0
  let runs = 0
  let opened: DatabaseSync | null = null

  const open = () => (opened ??= new DatabaseSync(path, { readOnly: true, timeout: 5_000 }))
  function count(where: string, ...values: string[]): number {
    return Number(open().prepare(`SELECT count(*) AS count FROM job_event WHERE ${where}`).get(...values)?.['count'])
  }
  const isKept = (preimage: string) => open().prepare('SELECT 1 FROM preimage WHERE preimage = ?').get(preimage) !== undefined
  const typed = (type: string) => count(`json_extract(body, '$.type') = ?`, type)
  function expect(isThere: boolean, sentence: string): void {
    looks += 1
    if (!isThere) violations.push(sentence)
  }
  function expectRequested(description: string): void {
    const jobId = /^Souk (\S+)$/.exec(description)?.[1] ?? ''
    expect(jobId === '' || count(`role = 'provider' AND job_id = ?`, jobId) > 0, `an invoice was made for ${jobId}, which is not on disk`)
  }

  return {
    violations,
    looks: () => looks,
    wrap: {
      wallet: (wallet) => ({
        ...wallet,
        createInvoice(request) {
          expectRequested(request.description)
          return wallet.createInvoice(request)
        },
        createHoldInvoice(request) {
          expectRequested(request.description)
          return wallet.createHoldInvoice(request)
        },
        lock(request) {
          expect(count(`role = 'customer' AND instr(body, ?) > 0`, request.paymentHash) > 0, 'money was locked whose intent is not on disk')
          return wallet.lock(request)
        },
        settleHold(preimage) {
          expect(count(`role = 'provider' AND instr(body, ?) > 0`, hashOf(preimage)) > 0 && isKept(preimage), 'money was claimed with a secret that is not on disk')
          return wallet.settleHold(preimage)
        },
        cancelHold(paymentHash) {
          expect(count(`role = 'provider' AND instr(body, ?) > 0`, paymentHash) > 0, 'money was given back for a job that is not on disk')
          return wallet.cancelHold(paymentHash)
        },
        pay(request) {
          expect(count(`role = 'customer' AND instr(body, ?) > 0`, request.bolt11) > 0 && typed('payAsked') > 0, 'an invoice was paid whose intent is not on disk')
          return wallet.pay(request)
        },
      }),
      toy: (toy) => ({
        ...toy,
        generate(...of) {
          runs += 1
          expect(typed('workBegun') >= runs, 'the model ran for work that is not on disk')
          return toy.generate(...of)
        },
      }),
      pool: (pool) => ({
        ...pool,
        publish(event, relays) {
          const what = nameMessage(event)
          if (what === 'request') expect(typed('asked') > 0, 'a question was sent that is not on disk')
          if (what === 'result') expect(typed('generated') > 0, 'a result was sent that is not on disk')
          if (what === 'feedback') expect(typed('requested') > 0, 'a job was answered that is not on disk')
          return pool.publish(event, relays)
        },
      }),
    },
    close() {
      opened?.close()
      opened = null
    },
  }
}

/** By its kind or, in a channel, by what it says. */
function nameMessage({ kind, content }: NostrEvent): 'request' | 'result' | 'feedback' | null {
  if (kind >= 5_000 && kind < 6_000) return 'request'
  if (kind >= 6_000 && kind < 7_000) return 'result'
  if (kind === 7_000) return 'feedback'
  if (kind !== 42) return null
  const type = /"type":"(\w+)"/.exec(content)?.[1]
  return type === 'JobRequest' ? 'request' : type === 'JobResult' ? 'result' : type === 'Invoice' ? 'feedback' : null
}
