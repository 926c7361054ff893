/**
 * What the operator of a relay sees of a private job: `node e2e/peers/relayDump.ts`. Two Souks trade in souk/1 on a relay that
 * keeps a record of the customer's connections; every frame is printed, and then what was looked for in them.
 */
import { findTraces, recordPrivateJob, type PrivateJobDump } from '#engine/testing/privateJobDump.ts'

const dump = await recordPrivateJob()
const print = (line = '') => process.stdout.write(`${line}\n`)

print(`Question: ${dump.prompt}`)
print(`Answer:   ${dump.answer.replaceAll('\n', ' ')}`)
print('\nEverything that passed between the customer and its relay:\n')
for (const { connection, from, text } of dump.frames) print(`${connection} ${from === 'client' ? '→' : '←'} ${text}`)
print('\nLooked for in all of it, as text, as JSON, in hex and in base64 at every offset:\n')
for (const [name, bytes] of wanted(dump)) {
  const traces = findTraces(dump.frames, bytes)
  print(`${traces.length === 0 ? 'not there' : 'FOUND    '}  ${name}${traces.map((trace) => `\n             ${trace}`).join('')}`)
  if (traces.length > 0) process.exitCode = 1
}

function wanted({ prompt, answer, customerKeys }: PrivateJobDump): readonly (readonly [string, Buffer])[] {
  const keys = Object.entries(customerKeys).map(([name, hex]) => [`the customer’s ${name}`, Buffer.from(hex, 'hex')] as const)
  return [['the question', Buffer.from(prompt)], ['the answer', Buffer.from(answer)], ['the answer’s first words', Buffer.from(answer.slice(0, 16))], ...keys]
}
