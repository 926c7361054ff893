/** What the operator of a relay sees of a private job (PROTOCOL.md §5). `node e2e/peers/relayDump.ts` prints it for a person. */
import { beforeAll, describe, expect, it } from 'vitest'
import { findTraces, recordPrivateJob, type PrivateJobDump } from './testing/privateJobDump.ts'

let dump: PrivateJobDump
beforeAll(async () => {
  dump = await recordPrivateJob()
}, 60_000)

const fromClient = () => dump.frames.filter(({ from }) => from === 'client')
const published = () => fromClient().flatMap(({ text }) => {
  const [type, event] = JSON.parse(text) as [string, { readonly kind: number; readonly pubkey: string; readonly tags: readonly (readonly string[])[]; readonly content: string }]
  return type === 'EVENT' ? [event] : []
})

describe('a relay of the customer sees of a private job', () => {
  it('that there is one, and its messages', () => {
    expect(published().map(({ kind }) => kind)).toEqual(expect.arrayContaining([5050, 25_050]))
    expect(dump.frames.some(({ from, text }) => from === 'relay' && text.includes('"kind":6050'))).toBe(true)
    expect(dump.answer.length).toBeGreaterThan(100)
  })

  it('nothing of the question and nothing of the answer, however spelled', () => {
    for (const text of [dump.prompt, dump.answer]) {
      for (let start = 0; start + 12 <= text.length; start += 6) expect(findTraces(dump.frames, Buffer.from(text.slice(start, start + 12)))).toEqual([])
    }
  })

  it('none of the customer’s lasting keys, in anything that it says or asks for', () => {
    for (const [name, hex] of Object.entries(dump.customerKeys)) expect([name, findTraces(dump.frames, Buffer.from(hex, 'hex'))]).toEqual([name, []])
  })

  it('one key for one job, that asked and listened and will not be seen again', () => {
    const authors = new Set(published().filter(({ kind }) => kind === 5050 || kind === 25_050).map(({ pubkey }) => pubkey))
    const asking = published().filter(({ kind }) => kind === 5050)
    expect(asking).toHaveLength(1)
    expect(authors.has(asking[0]?.pubkey ?? '')).toBe(true)
    expect(asking[0]?.tags).toEqual([['p', dump.sellerPubkey], ['encrypted']])
  })

  it('and the search itself finds what is there to be found', () => {
    const secret = Buffer.from('zebra-4711 accounts')
    const frame = (text: string) => [{ connection: 0, from: 'client' as const, text }]
    for (const offset of [0, 1, 2, 3]) expect(findTraces(frame(Buffer.concat([Buffer.alloc(offset, 7), secret, Buffer.from('tail')]).toString('base64')), secret)).not.toEqual([])
    expect(findTraces(frame(`["x","${secret.toString('hex')}"]`), secret)).not.toEqual([])
    expect(findTraces(frame('the ZEBRA-4711 accounts'), secret)).not.toEqual([])
  })
})
