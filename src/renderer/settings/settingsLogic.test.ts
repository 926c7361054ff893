import { describe, expect, it } from 'vitest'
import { limitsSchema, type Limits } from '#shared/ipc/settings.ts'
import { sats } from '#shared/market/msat.ts'
import { ASKED_WORDS, chooseWords, randomBelow, wordsOf } from './backupWords.ts'
import { LIMIT_FIELDS, checkLimit, readDrafts, readLimit, showLimit } from './limitFields.ts'
import { checkBackendAddress, checkRelayAddress } from './addresses.ts'
import { findSections, SECTIONS } from './settingsSections.ts'

describe('the search in Settings', () => {
  it('shows everything while nothing is looked for', () => expect(findSections('  ')).toHaveLength(SECTIONS.length))
  it('finds by title and by what is inside, in any case', () => {
    expect(findSections('RELAYS')).toEqual(['relays'])
    expect(findSections('nsec')).toEqual(['danger'])
  })
  it('wants every word', () => {
    expect(findSections('phrase import')).toEqual(['danger'])
    expect(findSections('phrase bicycle')).toEqual([])
  })
  it('leaves what is dangerous last', () => expect(findSections('phrase').at(-1)).toBe('danger'))
})

describe('the words asked for', () => {
  it('are different ones, in order, for every draw', () => {
    for (let draw = 0; draw < 12; draw++) {
      const chosen = chooseWords(12, (below) => draw % below)
      expect(new Set(chosen).size).toBe(ASKED_WORDS)
      expect(chosen).toEqual([...chosen].sort((a, b) => a - b))
      expect(chosen.every((place) => place >= 0 && place < 12)).toBe(true)
    }
  })
  it('can be the first and the last', () => {
    expect(chooseWords(12, () => 0)).toEqual([0, 1, 2])
    expect(chooseWords(12, (below) => below - 1)).toEqual([9, 10, 11])
  })
  it('are drawn within the bounds', () => {
    for (let n = 0; n < 200; n++) expect(randomBelow(7)).toBeLessThan(7)
  })
  it('are counted whatever space lies between them', () => expect(wordsOf('  one two\n three ')).toEqual(['one', 'two', 'three']))
})

const LIMITS: Limits = { perJobMsat: sats(100), perDayMsat: sats(5_000), perProviderDayMsat: sats(2_000), newProviderMsat: sats(100), maxPendingMsat: sats(5_000), maxPendingPayments: 100, confirmAboveMsat: sats(500), maxFeePermille: 10, invoiceTimeoutSecs: 20, answerTimeoutSecs: 180, maxTokens: 1_024 }

describe('the limits', () => {
  const accepts = (change: object) => limitsSchema.partial().safeParse(change).success

  it('are all of them there', () => expect(LIMIT_FIELDS.map(({ of }) => of.name).sort()).toEqual(Object.keys(limitsSchema.shape).sort()))

  it.each(LIMIT_FIELDS.flatMap((field) => (field.of.kind === 'whole' ? [{ field, ...field.of }] : [])))('refuse for $name exactly what the engine would refuse', ({ field, name, min, max }) => {
    for (const value of [min - 1, min, max, max + 1]) {
      expect([value, checkLimit(field, String(value)) === undefined]).toEqual([value, accepts({ [name]: value })])
    }
  })
  it('read sats as msat and show them again', () => {
    const field = LIMIT_FIELDS[0] ?? expect.fail('no field')
    expect(checkLimit(field, '1,200.5')).toBeUndefined()
    expect(readLimit(field, '1,200.5')).toEqual({ perJobMsat: 1_200_500 })
    expect(showLimit(field, { ...LIMITS, perJobMsat: sats(1_200) })).toBe('1,200')
    expect(checkLimit(field, 'lots')).toContain('for example')
  })
})

describe('limits that are being typed', () => {
  it('are read together with those that hold', () => {
    expect(readDrafts({ perJobMsat: '250', maxTokens: '2,048' }, LIMITS)).toEqual({ limits: { ...LIMITS, perJobMsat: 250_000, maxTokens: 2_048 }, errors: {} })
  })
  it('are the ones that hold where nothing was typed: saved so, they count as looked at', () => expect(readDrafts({}, LIMITS)).toEqual({ limits: LIMITS, errors: {} }))
  it('say which of them is wrong', () => {
    expect(Object.keys(readDrafts({ perDayMsat: 'much', maxPendingPayments: '0', perJobMsat: '1' }, LIMITS).errors)).toEqual(['perDayMsat', 'maxPendingPayments'])
  })
})

describe('addresses', () => {
  it.each(['wss://relay.example', 'ws://127.0.0.1:7447', 'WSS://Relay.Example/path'])('takes the relay %s', (text) => expect(checkRelayAddress(text)).toBeUndefined())
  it.each(['', 'relay.example', 'https://relay.example', 'wss://', 'wss://a b', 'wss://ada:secret@relay.example', `wss://${'x'.repeat(300)}.example`])('refuses the relay %j with a reason', (text) =>
    expect(checkRelayAddress(text)).toMatch(/\.$/),
  )
  it.each(['http://127.0.0.1:11434', 'https://gpu.lan'])('takes the model server %s', (text) => expect(checkBackendAddress(text)).toBeUndefined())
  it.each(['', '127.0.0.1:11434', 'ftp://x', 'http://'])('refuses the model server %j', (text) => expect(checkBackendAddress(text)).toContain('http'))
})
