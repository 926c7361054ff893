import type { Locator, Page } from '@playwright/test'
import { balance, goTo, test, expect, expectAccessible } from './souk.ts'

test('an answer in escrow: locked while it is written, released by itself, and the seller is paid', async ({ market }) => {
  const buyer = await market.open('one', { args: ['--toy-speed', '30'] })
  const { page } = buyer
  await choose(page, 'In escrow', 'at risk: 0 sats')
  const turn = await askKnowing(page, 'write 90 words', ['At risk: 0 sats.', '15 sats are locked, and go to the seller only once you have the answer'])
  await expect(turn.getByText(/15 sats locked until .*: released once the answer is here/)).toBeVisible()
  await expectAccessible(page)
  await ended(turn)
  await expect(turn.getByText('In escrow')).toBeVisible()
  expect(wordsIn(await turn.innerText())).toBeGreaterThanOrEqual(90)
  // 15 sats and the mint's tenth of a percent.
  await expect(balance(buyer)).toContainText('99,984.985')
  await turn.getByRole('button', { name: 'Timeline' }).click()
  for (const step of ['Invoice accepted', 'Locked', 'Result received', 'Release decided', 'Paid', 'Done']) await expect(entry(page, step)).toBeVisible()
})

test('an answer in escrow that a person releases: not before, and the price is confirmed above the threshold', async ({ market }) => {
  const buyer = await market.open('one')
  const { page } = buyer
  await setLimits(page, { 'Ask me above': '10' })
  await goTo(page, 'Settings')
  await page.getByRole('radio', { name: /when I say so/i }).or(page.getByRole('button', { name: /when I say so/i })).first().click()
  await goTo(page, 'Buy')
  await choose(page, 'In escrow', 'at risk: 0 sats')
  await compose(page, 'What is 2+2?')
  await page.getByRole('textbox', { name: 'Your question' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Ask for 15 sats?' })
  await expect(dialog).toContainText('15 sats are locked')
  await expect(dialog).toContainText('House seller')
  await expect(dialog).toContainText('In escrow')
  await expectAccessible(page)
  await dialog.getByRole('button', { name: 'Ask for 15 sats' }).click()
  const turn = page.getByRole('article', { name: /What is 2\+2/ })
  await expect(turn.getByText('2 + 2 = 4')).toBeVisible()
  const release = turn.getByRole('region', { name: 'Release the payment' })
  await expect(release).toContainText('If you do not, they come back to you by themselves.')
  await expectAccessible(page)
  await release.getByRole('button', { name: 'Release 15 sats' }).click()
  await ended(turn)
  await expect(release).toBeHidden()
  await expect(balance(buyer)).toContainText('99,984.985')
})

test('a sealed answer: the beginning is read, the rest is shown as sealed, paying opens it', async ({ market }) => {
  const buyer = await market.open('one', { args: ['--toy-speed', '60'] })
  const { page } = buyer
  await choose(page, 'Sealed', 'at risk: 15 sats')
  const turn = await askKnowing(page, 'write 300 words', ['At risk: 15 sats.', 'You see the beginning, and pay 15 sats to open the rest'])
  const seal = turn.getByRole('region', { name: /^Sealed part of the answer, / })
  await expect(seal).toContainText('under seal')
  const preview = wordsIn(await turn.locator('.prose-answer').innerText())
  expect(preview).toBeGreaterThan(0)
  expect(preview).toBeLessThan(300)
  await expect(balance(buyer)).toContainText('100,000')
  await expectAccessible(page)
  await ended(turn)
  await expect(seal).toBeHidden()
  expect(wordsIn(await turn.locator('.prose-answer').innerText())).toBe(300)
  await expect(turn.getByText('Sealed', { exact: true })).toBeVisible()
  await expect(balance(buyer)).toContainText('99,984.985')
  await turn.getByRole('button', { name: 'Timeline' }).click()
  for (const step of ['Sealed answer received', 'Paid', 'Seal opened', 'Done']) await expect(entry(page, step)).toBeVisible()
})

test('a metered answer: several ticks are paid as it comes, and the cap stops it', async ({ market }) => {
  const { page } = await market.open('one', { args: ['--toy-speed', '120'] })
  await choose(page, 'By the tick', /at risk: \d+ sats/)
  const turn = await askKnowing(page, 'write 700 words', [/At risk: \d+ sats\./, /at most \d+ sats are ever ahead of the answer/])
  await expect(turn.getByText(/^tick [2-9], [\d,]+ tokens paid$/)).toBeVisible()
  await expect(turn.getByText(/^\d+ of at most \d+ sats$/)).toBeVisible()
  await expectAccessible(page)
  await ended(turn)
  await expect(turn.getByText('By the tick')).toBeVisible()
  expect(wordsIn(await turn.locator('.prose-answer').innerText())).toBe(700)
  // The last tick was for more than was left to say.
  await expect(turn.getByText(/the seller owes you \d+ sats/)).toBeVisible()
  await turn.getByRole('button', { name: 'Ask for it back' }).click()
  await expect(turn.getByText(/\d+ sats? were paid back/)).toBeVisible()
  await expectAccessible(page)

  await setLimits(page, { 'For one job': '9' })
  await goTo(page, 'Buy')
  const capped = await askKnowing(page, 'write 1200 words', ['Up to 9 sats', /At risk: \d+ sats\./])
  await expect(capped.getByText('This answer was stopped')).toBeVisible({ timeout: 40_000 })
  await expect(capped.getByText(/your limit per job is 9|9 sats with fees, is used up/)).toBeVisible()
  expect(wordsIn(await capped.locator('.prose-answer').innerText())).toBeLessThan(1_200)
})

test('who does not settle so is not asked by a rule; of a seller that is named it is greyed with its reason, and its terms are kept', async ({ market }) => {
  const seller = await market.open('seller')
  const buyer = await market.open('buyer')
  await goTo(seller.page, 'Sell')
  await seller.page.getByRole('checkbox', { name: 'Sealed' }).click()
  await expect(seller.page.getByRole('checkbox', { name: 'Sealed' })).not.toBeChecked()
  await seller.page.getByLabel('Tick', { exact: true }).fill('90')
  await seller.page.getByLabel('Tick', { exact: true }).press('Enter')
  await seller.page.getByRole('button', { name: 'Start selling' }).click()
  await expect(seller.page.getByRole('button', { name: 'Stop selling' })).toBeVisible()
  await expectAccessible(seller.page)
  await expect(buyer.page.getByRole('button', { name: /^Seller: A Souk seller/ })).toBeVisible()
  const choice = buyer.page.getByRole('button', { name: /Choose another way/ })
  const ways = buyer.page.getByRole('dialog', { name: 'How it is settled' })
  const sealed = ways.getByRole('button', { name: 'Sealed' })
  await choice.click()
  await expect(sealed).not.toHaveAttribute('aria-disabled')
  await sealed.click()
  await expect(buyer.page.getByRole('button', { name: /^Seller: House seller/ })).toBeVisible()
  await buyer.page.getByRole('button', { name: 'Sellers' }).first().click()
  await buyer.page.getByRole('table', { name: 'Sellers' }).getByRole('button', { name: 'A Souk seller', exact: true }).click()
  await buyer.page.getByRole('button', { name: 'Ask this seller' }).click()
  await expect(buyer.page.getByRole('button', { name: /^Seller: A Souk seller/ })).toBeVisible()
  await choice.click()
  await expect(sealed).toHaveAttribute('aria-disabled', 'true')
  await expect(sealed).toHaveAccessibleDescription('This seller does not take it.')
  await expect(ways.getByRole('button', { name: 'In escrow' })).toHaveAccessibleDescription(/at risk: 0 sats/)
  await expectAccessible(buyer.page)
  await seller.restart('SIGINT')
  await goTo(seller.page, 'Sell')
  await expect(seller.page.getByRole('checkbox', { name: 'Sealed' })).not.toBeChecked()
  await expect(seller.page.getByLabel('Tick', { exact: true })).toHaveValue('90')
})

/** Chooses a way for this thread, having read what is at risk in it. */
async function choose(page: Page, way: string, atRisk: string | RegExp): Promise<void> {
  await expect(page.getByRole('button', { name: /^Seller: House seller/ })).toBeVisible()
  await page.getByRole('button', { name: /Choose another way/ }).click()
  const choice = page.getByRole('dialog', { name: 'How it is settled' }).getByRole('button', { name: way, exact: true })
  await expect(choice).toContainText(atRisk)
  await choice.click()
  await expect(page.getByRole('button', { name: `Settled: ${way}. Choose another way` })).toBeVisible()
}

async function compose(page: Page, question: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Your question' }).fill(question)
  await expect(page.getByRole('button', { name: /^Send/ })).toBeEnabled()
}

/** Asks once the page says what is at risk: it describes the field and the button that sends. */
async function askKnowing(page: Page, question: string, sentences: readonly (string | RegExp)[]): Promise<Locator> {
  await compose(page, question)
  const field = page.getByRole('textbox', { name: 'Your question' })
  for (const sentence of sentences) await expect(field).toHaveAccessibleDescription(typeof sentence === 'string' ? new RegExp(sentence.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)) : sentence)
  await field.press('Enter')
  return page.getByRole('article', { name: new RegExp(question) })
}

async function ended(turn: Locator): Promise<void> {
  await expect(turn.getByRole('button', { name: 'Timeline' })).toBeVisible({ timeout: 40_000 })
  await expect(turn.getByRole('button', { name: 'Copy the answer' })).toBeVisible()
}

async function setLimits(page: Page, limits: Readonly<Record<string, string>>): Promise<void> {
  await goTo(page, 'Settings')
  for (const [label, value] of Object.entries(limits)) await page.getByLabel(label, { exact: true }).fill(value)
  await page.locator('#save-limits').click()
  await expect(page.getByText('The limits are saved')).toBeVisible()
}

function entry(page: Page, title: string): Locator {
  return page.getByRole('region', { name: 'Timeline' }).getByRole('listitem').filter({ hasText: title }).first()
}

function wordsIn(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length
}
