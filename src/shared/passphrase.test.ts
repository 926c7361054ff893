import { expect, test } from 'vitest'
import { judgePassphrase, type PassphraseStrength } from './passphrase.ts'

const JUDGED: Record<PassphraseStrength, readonly string[]> = {
  'too-short': ['', 'short', 'x9$Q!2m'],
  weak: ['password', '12345678', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'qwertyuiopasdfghjkl', 'abcdefghijklmnop', 'hunter2hunter2', 'souk souk souk souk souk souk', 'correct horse'],
  fair: ['Tr0ub4dor&3', 'nine lazy dogs'],
  strong: ['correct horse battery staple', 'xK9$mQ2!vLp7', 'mein haus am see und wald'],
}

test.each(Object.entries(JUDGED).flatMap(([strength, passphrases]) => passphrases.map((passphrase) => [passphrase, strength])))('%j is %s', (passphrase, strength) => {
  expect(judgePassphrase(passphrase ?? '')).toBe(strength)
})

test('a character more never makes it weaker', () => {
  const order: readonly PassphraseStrength[] = ['too-short', 'weak', 'fair', 'strong']
  const text = 'xK9$ lantern-owls é漢字 aa11 battery'
  const judged = Array.from(text, (_, length) => order.indexOf(judgePassphrase(text.slice(0, length + 1).replaceAll(/[\s-]/g, ''))))
  expect(judged).toEqual([...judged].sort((a, b) => a - b))
})
