import type { Page } from '@playwright/test'
import { ask, balance, goTo, test, expect, expectAccessible } from './souk.ts'

const STOPPED_SENTENCE = /Allow it again in the wallet/

test('a purchase is in the books, with its job, and wallet and books agree', async ({ market }) => {
  const one = await market.open('one')
  const { page } = one
  await ask(one, 'What is 2+2?')
  await expect(page.getByText('2 + 2 = 4')).toBeVisible()
  await goTo(page, 'Wallet')
  await expect(balance(one)).toContainText('99,984.985')
  await expect(page.getByRole('region', { name: 'Balance' }).getByText('99,984.985 sats').first()).toBeVisible()

  const books = page.getByRole('region', { name: 'Entries of the books' })
  const entry = books.getByRole('row').filter({ has: page.getByRole('button', { name: /^Job job_/ }) }).first()
  await expect(entry).toBeVisible()
  await expect(page.getByText('Wallet and books agree.')).toBeVisible()
  await page.getByText('Show how').click()
  await expect(page.getByText('The wallet says')).toBeVisible()
  for (const width of [1_280, 360]) {
    await page.setViewportSize({ width, height: 800 })
    await expectAccessible(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
  }
  await page.setViewportSize({ width: 1_280, height: 800 })

  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export the books' }).click()
  await page.getByRole('menuitem', { name: 'CSV, for a spreadsheet' }).click()
  expect((await download).suggestedFilename()).toMatch(/^souk-books-\d{4}-\d{2}-\d{2}\.csv$/)

  await entry.getByRole('button', { name: /^Job job_/ }).click()
  await expect(page.getByRole('dialog', { name: 'Job bought' })).toBeVisible()
})

test('the kill switch stops a question with the sentence, is seen everywhere, and lets go at one click', async ({ market }) => {
  const one = await market.open('one')
  const { page } = one
  const rail = page.getByRole('navigation', { name: 'Pages' })
  await expect(page.getByRole('button', { name: /^Seller: House seller/ })).toBeVisible()
  await rail.getByRole('button', { name: 'Stop all spending' }).click()
  await expect(rail.getByText('Spending is stopped')).toBeVisible()
  const before = await balance(one).textContent()

  const composer = page.getByRole('textbox', { name: 'Your question' })
  await composer.fill('What is 3+3?')
  await composer.press('Enter')
  await expect(page.getByText(STOPPED_SENTENCE).first()).toBeVisible()
  await expect(page.getByText('3 + 3 = 6')).toBeHidden()
  await expect(balance(one)).toHaveText(before ?? '')

  await goTo(page, 'Wallet')
  await expect(page.getByText('All spending is stopped')).toBeVisible()
  await expectAccessible(page)
  await one.restart('SIGINT')
  await expect(page.getByText('All spending is stopped')).toBeVisible()
  await page.getByRole('button', { name: 'Allow spending' }).click()
  await expect(page.getByText('All spending is stopped')).toBeHidden()
  await ask(one, 'What is 4+4?')
  await expect(page.getByText('4 + 4 = 8')).toBeVisible()
})

test('above the limit that was saved for it, sending asks for the sum before it pays', async ({ market }) => {
  const payer = await market.open('payer')
  const payee = await market.open('payee')
  await saveLimit(payer.page, 'Ask me above', '5')
  const bolt11 = await makeInvoice(payee.page, '8')

  await goTo(payer.page, 'Wallet')
  await payer.page.getByRole('button', { name: 'Send', exact: true }).click()
  await payer.page.getByRole('textbox', { name: 'Invoice' }).fill(bolt11)
  await payer.page.getByRole('button', { name: 'Look at it' }).click()
  await payer.page.getByRole('button', { name: 'Send 8 sats' }).click()
  await expect(payer.page.getByText('Really send 8 sats?')).toBeVisible()
  // The window with the invoice is over it.
  await expect(payee.page.getByRole('button', { name: 'Balance, open the wallet', includeHidden: true })).toContainText('100,000')
  await payer.page.getByRole('button', { name: 'Yes, send 8 sats' }).click()
  await expect(payer.page.getByText('8 sats sent')).toBeVisible()
  await expect(payee.page.getByText('It is in your wallet.')).toBeVisible()
  await payer.page.keyboard.press('Escape')
  await expect(payer.page.getByRole('region', { name: 'Entries of the books' }).getByRole('row', { name: /By hand/ }).first()).toBeVisible()

  await payee.page.keyboard.press('Escape')
  const another = await makeInvoice(payee.page, '3')
  await saveLimit(payer.page, 'For one day', '10')
  await goTo(payer.page, 'Wallet')
  await payer.page.getByRole('button', { name: 'Send', exact: true }).click()
  await payer.page.getByRole('textbox', { name: 'Invoice' }).fill(another)
  await payer.page.getByRole('button', { name: 'Look at it' }).click()
  await payer.page.getByRole('button', { name: 'Send 3 sats' }).click()
  await payer.page.getByRole('button', { name: 'See the limits' }).click()
  await expect(payer.page.getByRole('textbox', { name: 'For one day', exact: true })).toBeInViewport()
})

test('limits are saved only whole, and another wallet is asked what it is before it is used', async ({ market }) => {
  const { page } = await market.open('one')
  await goTo(page, 'Settings')
  const perJob = page.getByRole('textbox', { name: 'For one job', exact: true })
  await perJob.fill('lots')
  await page.getByRole('button', { name: 'Save limits' }).click()
  await expect(page.getByText('Sats as a number, for example 100.')).toBeVisible()
  await saveLimit(page, 'For one job', '150')
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'For one job', exact: true })).toHaveValue('150')

  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  const connection = page.getByLabel('Connection string')
  await connection.fill('nostr+walletconnect://nothing')
  await page.getByRole('button', { name: 'Try it' }).click()
  await expect(page.getByText(/not a wallet connection/)).toBeVisible()
  await expect(connection).toHaveAttribute('type', 'password')
  await expectAccessible(page)
  await page.keyboard.press('Escape')

  // The code of an invoice is read in the page, and is no connection; a picture without a code is said to have none.
  await makeInvoice(page, '8')
  const invoiceCode = await page.getByRole('figure', { name: /QR code of the invoice/ }).screenshot()
  await page.keyboard.press('Escape')
  await goTo(page, 'Settings')
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  const picture = page.locator('input[type=file]')
  await picture.setInputFiles({ name: 'code.png', mimeType: 'image/png', buffer: invoiceCode })
  await expect(connection).toHaveValue(/^lnbcrt80n1/i)
  await expect(page.getByText(/not a wallet connection/)).toBeVisible()
  await picture.setInputFiles({ name: 'page.png', mimeType: 'image/png', buffer: await page.getByRole('button', { name: 'Try it' }).screenshot() })
  await expect(page.getByText(/no QR code in this picture/)).toBeVisible()
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByRole('radio', { name: 'Mainnet' }).click()
  await expect(page.getByRole('list', { name: 'Before real money' }).getByRole('listitem')).toHaveText([/protected/, /backed up/, /limits are yours: done/, /API key/])
  await expect(page.getByRole('button', { name: 'Use Spark' })).toBeDisabled()
  await expectAccessible(page)
})

async function saveLimit(page: Page, label: string, value: string): Promise<void> {
  await goTo(page, 'Settings')
  await page.getByRole('textbox', { name: label, exact: true }).fill(value)
  await page.getByRole('button', { name: 'Save limits' }).click()
  await expect(page.getByText('The limits are saved').first()).toBeVisible()
  // One from before may stand there still.
  await expect(page.getByRole('button', { name: 'Discard changes' })).toBeHidden()
}

/** An invoice as its payee sees it; the window stays open, so that it shows the payment. */
async function makeInvoice(page: Page, sats: string): Promise<string> {
  await goTo(page, 'Wallet')
  await page.getByRole('button', { name: 'Receive' }).click()
  await page.getByRole('textbox', { name: 'Amount' }).fill(sats)
  await page.getByRole('button', { name: 'Make invoice' }).click()
  const code = page.getByRole('dialog').locator('code')
  await expect(code).toHaveText(/^lnbcrt/)
  return (await code.textContent()) ?? ''
}
