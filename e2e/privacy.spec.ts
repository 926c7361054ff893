import { ask, balance, goTo, test, expect } from './souk.ts'

test('the line above the question says who can read it: a seller in private, anyone in the open', async ({ market }) => {
  const seller = await market.open('seller')
  const buyer = await market.open('buyer', { args: ['--no-house'] })
  await goTo(seller.page, 'Sell')
  await seller.page.getByRole('button', { name: 'Start selling' }).first().click()
  await expect(buyer.page.getByRole('button', { name: /^Seller: A Souk seller/ })).toBeVisible()

  await expect(buyer.page.getByText('Private', { exact: true })).toBeVisible()
  await ask(buyer, 'What is 2+2?')
  const asked = buyer.page.getByRole('article', { name: /What is 2\+2/ })
  await expect(asked.getByText('2 + 2 = 4')).toBeVisible()
  await expect(asked.getByText('Private', { exact: true })).toBeVisible()

  await buyer.page.getByRole('button', { name: 'Sellers' }).first().click()
  await buyer.page.getByRole('button', { name: 'Anyone: an open request' }).click()
  await buyer.page.getByLabel('Pay at most').fill('12')
  await buyer.page.getByRole('button', { name: 'Ask anyone' }).click()
  await buyer.page.keyboard.press('Escape')
  await expect(buyer.page.getByRole('button', { name: /^Seller: anyone, by an open request/ })).toBeVisible()
  await expect(buyer.page.getByText('Public on the relays', { exact: true })).toBeVisible()
  await ask(buyer, 'What is 3+4?')
  const open = buyer.page.getByRole('article', { name: /What is 3\+4/ })
  await expect(open.getByText('3 + 4 = 7')).toBeVisible()
  await expect(open.getByText('Public on the relays')).toBeVisible()
  await expect(balance(buyer)).toContainText('99,979.98')
})
