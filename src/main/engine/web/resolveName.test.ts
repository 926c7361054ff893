import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { resolveName } from './resolveName.ts'

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

const A = 1
const NO_SUCH_NAME = 3
type Answer = { readonly code: number; readonly addresses: readonly (readonly number[])[] } | null

/** A name server (RFC 1035 §4) that answers as the test says; null: never. */
async function startNameServer(answer: (type: number) => Answer) {
  const socket = createSocket('udp4')
  sockets.push(socket)
  let questions = 0
  socket.on('message', (query, { port, address }) => {
    questions += 1
    const end = query.indexOf(0, 12) + 5
    const type = query.readUInt16BE(end - 4)
    const said = answer(type)
    if (said === null) return
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180 | said.code, 2)
    header.writeUInt16BE(said.addresses.length, 6)
    header.fill(0, 8, 12)
    const records = said.addresses.map((bytes) => Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]))
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { servers: [`127.0.0.1:${socket.address().port}`], questions: () => questions }
}

test('every address of a name, of both kinds', async () => {
  const { servers } = await startNameServer((type) => ({ code: 0, addresses: type === A ? [[1, 1, 1, 1], [10, 0, 0, 1]] : [[0x20, 1, ...Array<number>(13).fill(0), 9]] }))
  expect([...(await resolveName('relay.example', { servers }))].toSorted()).toEqual(['1.1.1.1', '10.0.0.1', '2001::9'])
})

test('one kind is enough, whatever becomes of the other', async () => {
  const { servers } = await startNameServer((type) => (type === A ? { code: 0, addresses: [[1, 1, 1, 1]] } : { code: 2, addresses: [] }))
  expect(await resolveName('relay.example', { servers })).toEqual(['1.1.1.1'])
})

test('a name that is not there is told from one that cannot be looked up', async () => {
  const none = await startNameServer(() => ({ code: NO_SUCH_NAME, addresses: [] }))
  await expect(resolveName('relay.example', none)).rejects.toMatchObject({ code: 'ENOTFOUND' })
  const broken = await startNameServer(() => ({ code: 2, addresses: [] }))
  await expect(resolveName('relay.example', broken)).rejects.toMatchObject({ code: 'EAI_AGAIN' })
})

test('names whose server is silent are given up, and hold up no other one', async () => {
  const silent = await startNameServer(() => null)
  const given = Array.from({ length: 20 }, (_, index) => expect(resolveName(`slow${index}.example`, { ...silent, timeoutMs: 50 })).rejects.toMatchObject({ code: 'EAI_AGAIN' }))
  const { servers } = await startNameServer(() => ({ code: 0, addresses: [[1, 1, 1, 1]] }))
  expect(await Promise.race([resolveName('quick.example', { servers }), Promise.all(given)])).toContain('1.1.1.1')
  await Promise.all(given)
})

test('this machine is asked for under its own name alone', async () => {
  const { servers, questions } = await startNameServer(() => ({ code: 0, addresses: [[1, 1, 1, 1]] }))
  expect([await resolveName('localhost', { servers }), await resolveName('relay.LOCALHOST.', { servers }), questions()]).toEqual([['127.0.0.1', '::1'], ['127.0.0.1', '::1'], 0])
})
