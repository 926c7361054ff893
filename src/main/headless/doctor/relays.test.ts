import { createServer, type Server } from 'node:http'
import { afterAll, expect, test } from 'vitest'
import type { OpenWebSocket } from '#engine/ports.ts'
import { checkRelay } from './relays.ts'

const servers: Server[] = []
afterAll(() => servers.forEach((server) => server.close()))

/** A relay's address: its document comes over HTTP, and its socket says these messages. */
async function serve(document: unknown, date = new Date()): Promise<string> {
  const server = createServer((_, response) => void response.writeHead(200, { date: date.toUTCString() }).end(JSON.stringify(document)))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

function sayOnOpen(...messages: readonly unknown[]): OpenWebSocket {
  return (_, handlers) => {
    queueMicrotask(() => {
      handlers.onOpen()
      for (const message of messages) handlers.onMessage(JSON.stringify(message))
    })
    return { bufferedAmount: 0, send: () => undefined, close: () => undefined }
  }
}
const EOSE = ['EOSE', 'doctor']

test('what a relay takes, what it taught and how far its clock is off are in one line', async () => {
  const url = await serve({ name: 'Slow', limitation: { max_message_length: 65_536, max_content_length: 8_192, min_pow_difficulty: 16, created_at_upper_limit: 900 } }, new Date(Date.now() + 120_000))
  const { finding, offsetSecs } = await checkRelay(url, sayOnOpen(EOSE), 2_000)
  expect(finding).toMatchObject({ grade: 'ok', name: 'Relay' })
  for (const words of ['“Slow”', 'messages up to 65536 bytes', 'text up to 8192 characters', '16 bits of work', 'dates up to 900 s ahead', 'one event per 2 s', 'ahead']) expect(finding.message).toContain(words)
  expect(offsetSecs).toBeGreaterThan(115)
})

test('a relay that refuses to be read says why, one that only asks who we are is fine', async () => {
  const url = await serve({})
  expect((await checkRelay(url, sayOnOpen(['NOTICE', 'hello'], ['CLOSED', 'doctor', 'restricted: members\u0007 only']))).finding).toMatchObject({ grade: 'warning', message: expect.stringContaining('refuses to be read: restricted: members  only') })
  expect((await checkRelay(url, sayOnOpen(['AUTH', 'challenge'], ['CLOSED', 'doctor', 'auth-required: who are you?']))).finding).toMatchObject({ grade: 'ok', message: expect.stringContaining('NIP-42') })
})

test('members only and too much work are warnings with a way out', async () => {
  const paid = await checkRelay(await serve({ limitation: { payment_required: true } }), sayOnOpen(EOSE))
  expect(paid.finding).toMatchObject({ grade: 'warning', message: expect.stringContaining('paying members only') })
  const hard = await checkRelay(await serve({ limitation: { min_pow_difficulty: 40 } }), sayOnOpen(EOSE))
  expect(hard.finding).toMatchObject({ grade: 'warning', message: expect.stringContaining('nothing is published there') })
})
