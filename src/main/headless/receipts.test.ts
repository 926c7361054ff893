/** `souk receipt`, with real processes. */
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { jobReceiptTemplate } from '#shared/protocol/jobReceipt.ts'
import { writeReceiptFile, writeTranscript } from '#shared/protocol/receiptFile.ts'
import { ANSWER, ENDED_AT, HASHES, makeReceipt, PREIMAGES, PROMPT, seller, signReceipt, stranger } from '#shared/protocol/testing/makeReceipt.ts'
import { EXIT } from './exitCodes.ts'
import { createHome } from './testing/soukProcess.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const home = createHome()
afterAll(() => home.close())

function put(name: string, text: string): string {
  const path = join(home.folder, name)
  writeFileSync(path, text)
  return path
}
const sold = signReceipt()
const bought = signReceipt({ role: 'customer' })
const good = put('good.json', writeReceiptFile([{ jobId: 'job_abababababababab', role: 'customer', receipts: [bought, sold] }]))
const words = put('words.json', writeTranscript(PROMPT, ANSWER))
const verify = (...args: string[]) => home.run(['receipt', 'verify', ...args])

describe('verify says what a file proves, alone', () => {
  test('of both sides, with the words and the secret of the payment', async () => {
    const { code, stdout, stderr } = await verify(good, '--transcript', words, '--preimage', PREIMAGES[0].toUpperCase())
    expect([code, stderr]).toEqual([EXIT.ok, 'Good: 2 receipts of 1 job.\n'])
    expect(stdout).toMatch(/^job_abababababababab: 2 receipts\n {2}proven {6}The customer’s key [^]*Both sides signed[^]*in the transcript, word for word[^]*The preimage of payment 02d449a31fbb…/)
    expect(stdout).not.toContain(PREIMAGES[0])
    // No store, no secrets: nothing was made beside what was there.
    expect(existsSync(join(home.folder, 'data'))).toBe(false)
  })

  test('as records for a program, also from standard input', async () => {
    const { code, records } = await home.run(['receipt', 'verify', '-', '--json'], { input: JSON.stringify(sold) })
    expect(code).toBe(EXIT.ok)
    expect(records).toMatchObject([{ type: 'job', jobId: 'job_abababababababab', receipts: [{ role: 'provider', id: sold.id, signer: seller.pubkey, form: 2 }], findings: expect.any(Array) }, { type: 'verified', good: true, jobs: 1, refused: 0 }])
  })

  test('of many good jobs a line each, and all of those that are not', async () => {
    const payments = (index: number) => [{ paymentHash: index.toString(16).padStart(64, 'f'), amountMsat: msat(10_000), fate: 'paid' as const }]
    const receipts = Array.from({ length: 12 }, (_, index) => signReceipt({ requestId: index.toString(16).padStart(64, '0'), payments: payments(index) }))
    const bad = signReceipt({ role: 'customer', requestId: '0'.repeat(64), settlement: 'escrow' })
    const { code, stdout } = await verify(put('many.json', JSON.stringify([...receipts, bad])))
    expect(code).toBe(EXIT.failed)
    expect(stdout.split('\n').filter((line) => line.endsWith('1 receipt, good'))).toHaveLength(1 + 10)
    expect(stdout).toContain('CONTRADICTED')
  })

  test.each<[string, readonly string[], number, string]>([
    ['something changed', [put('changed.json', JSON.stringify(sold).replace('"10000","paid"', '"10","paid"'))], EXIT.failed, 'cannot be trusted'],
    ['another’s signature', [put('stranger.json', JSON.stringify(signReceipt({}, stranger)))], EXIT.failed, 'cannot be trusted'],
    ['two that contradict each other', [put('two.json', JSON.stringify([sold, signReceipt({ role: 'customer', payments: [{ paymentHash: HASHES[0], amountMsat: msat(1), fate: 'paid' }] })]))], EXIT.failed, 'contradict each other'],
    ['another kind', [put('kind.json', JSON.stringify(seller.sign({ ...jobReceiptTemplate(makeReceipt(), ENDED_AT), kind: 1 })))], EXIT.failed, 'cannot be trusted'],
    ['words of another job', [good, '--transcript', put('other.json', writeTranscript(PROMPT, 'Five.'))], EXIT.failed, 'does not fit'],
    ['a secret of another payment', [good, '--preimage', PREIMAGES[1]], EXIT.failed, 'does not fit'],
    ['a file that is no JSON', [put('text.json', 'receipt')], EXIT.failed, 'not JSON'],
    ['a file of nothing', [put('nothing.json', '')], EXIT.failed, 'not JSON'],
    ['a file of something else', [words], EXIT.failed, 'This is not a receipt'],
    ['words that are none', [good, '--transcript', good], EXIT.failed, 'not a list of two texts'],
    ['no file', [], EXIT.usage, 'missing required argument'],
    ['two files', [good, good], EXIT.usage, 'too many arguments'],
    ['a file that is not there', [join(home.folder, 'gone.json')], EXIT.usage, 'there is no such file'],
    ['a folder', [home.folder], EXIT.usage, 'it is a folder'],
    ['a secret that is none, and is not repeated', [good, '--preimage', 'hunter2'], EXIT.usage, '64 hex characters'],
    ['one input for two things', ['-', '--transcript', '-'], EXIT.usage, 'one file'],
  ])('%s', async (_, args, code, words) => {
    const ended = await verify(...args)
    expect(ended.code).toBe(code)
    expect(`${ended.stdout}${ended.stderr}`).toContain(words)
    expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/hunter2|bug/)
  })

  test('a file beyond all receipts is not read', async () => {
    const path = put('huge.json', '')
    truncateSync(path, 65 * 1_048_576)
    const ended = await verify(path)
    expect([ended.code, ended.stderr]).toEqual([EXIT.failed, `souk: ${path} is larger than 67108864 bytes.\n`])
  })
})

describe('of one’s own jobs', () => {
  let job = ''

  test('a machine without jobs has no receipts, and says when there will be', async () => {
    const [listed, exported, shown] = [await home.run(['receipt']), await home.run(['receipt', 'export', '--all']), await home.run(['receipt', 'show', 'job_0123456789abcdef'])]
    expect([listed.code, exported.code, shown.code]).toEqual([EXIT.ok, EXIT.nothingFound, EXIT.nothingFound])
    expect(listed.stderr).toContain('when it has ended')
  })

  test('one that was bought is listed, shown and exported, and its export proves itself', async () => {
    const asked = await home.run(['customer', '--prompt', 'What is 2+2?', '--json'])
    expect(asked.code).toBe(EXIT.ok)
    job = String(asked.records.at(-1)?.['jobId'])
    const listed = await home.run(['receipt', 'list', '--json'])
    expect(listed.records).toMatchObject([{ type: 'receipts', jobId: job, role: 'customer', own: expect.stringMatching(/^[0-9a-f]{64}$/), other: expect.any(String) }])
    const shown = await home.run(['receipt', 'show', job])
    expect(shown.code).toBe(EXIT.ok)
    expect(shown.stdout).toMatch(/Settled by {2}prepay\nPayment {5}15 sats paid, [0-9a-f]{64}[^]*Tokens[^]*Both sides signed[^]*word for word/)

    const [file, transcript] = [join(home.folder, 'mine.json'), join(home.folder, 'mine-words.json')]
    expect(await home.run(['receipt', 'export', job, '--out', file])).toMatchObject({ code: EXIT.ok, stdout: '' })
    expect((await home.run(['receipt', 'transcript', job, '--out', transcript])).code).toBe(EXIT.ok)
    expect(JSON.parse(readFileSync(transcript, 'utf8'))).toEqual(['What is 2+2?', expect.stringContaining('4')])
    expect(await verify(file, '--transcript', transcript)).toMatchObject({ code: EXIT.ok, stdout: expect.stringContaining('2 receipts') })
    const again = await home.run(['receipt', 'export', '--all', '--out', file])
    expect([again.code, again.stderr]).toEqual([EXIT.usage, `souk: ${file} is there already, and stays as it is. Give another name.\n`])
    const csv = await home.run(['receipt', 'export', '--all', '--csv'])
    expect(csv.stdout.split('\n')[1]).toMatch(new RegExp(`^${job},customer,prepay,done,.*,15000,0,0,`))
  })

  test.each<[string, readonly string[], RegExp]>([
    ['neither a job nor all', ['export'], /--all/],
    ['a job and all', ['export', 'job_0123456789abcdef', '--all'], /--all/],
    ['two forms at once', ['export', '--all', '--csv', '--json'], /one file/],
    ['a job that is none', ['show', 'abc'], /job_0123456789abcdef/],
    ['no job', ['transcript'], /missing required argument/],
    ['a count that is none', ['list', '--limit', '0'], /whole number from 1/],
  ])('%s is refused with what would be right', async (_, args, words) => {
    const ended = await home.run(['receipt', ...args])
    expect(ended.code).toBe(EXIT.usage)
    expect(`${ended.stdout}${ended.stderr}`).toMatch(words)
  })
})
