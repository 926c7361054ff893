import { ask, balance, goTo, test, expect, type Seat } from './souk.ts'

const LONG_ANSWER = 'write 400 words'

test('a seller starts selling, a customer of another Souk asks, watches the answer come, and both balances are right', async ({ market }) => {
  const seller = await market.open('seller')
  const buyer = await market.open('buyer')
  await startSelling(seller)

  await expect(buyer.page.getByRole('button', { name: /^Seller: A Souk seller/ })).toBeVisible()
  await ask(buyer, 'What is 2+2?')
  const turn = buyer.page.getByRole('article', { name: /What is 2\+2/ })
  await expect(turn.getByText('2 + 2 = 4')).toBeVisible()
  await expect(turn.getByRole('button', { name: 'Timeline' }).or(turn.getByRole('link', { name: 'Timeline' }))).toBeVisible()

  // 10 sats and the mint's tenth of a percent.
  await expect(balance(buyer)).toContainText('99,989.99')
  await expect(balance(seller)).toContainText('100,010')
  await expect(seller.page.getByText('+10 sats').first()).toBeVisible()
})

test('an answer can be stopped while it comes: what arrived is kept, and the seller stops working', async ({ market }) => {
  const seller = await market.open('seller', { args: ['--toy-speed', '20'] })
  const buyer = await market.open('buyer')
  await startSelling(seller)
  await expect(buyer.page.getByRole('button', { name: /^Seller: A Souk seller/ })).toBeVisible()
  await ask(buyer, LONG_ANSWER)
  const turn = buyer.page.getByRole('article', { name: new RegExp(LONG_ANSWER) })
  await expect(turn).toContainText(/\w+ \w+ \w+ \w+ \w+ \w+/)
  await turn.getByRole('button', { name: 'Stop' }).click()
  await expect(turn.getByRole('button', { name: 'Stop' })).toBeHidden()
  await expect(turn).toContainText(/Stopped/)
  await goTo(seller.page, 'Activity')
  await expect(seller.page.getByRole('row', { name: /write 400 words.*Stopped/ })).toBeVisible()
})

test('a seller that is killed in the middle of a job delivers it after its restart', async ({ market }) => {
  const host = await market.open('host')
  const seller = await market.open('seller', { args: ['--toy-speed', '20'] })
  const buyer = host
  await startSelling(seller)
  await expect(buyer.page.getByRole('button', { name: /^Seller: A Souk seller/ })).toBeVisible()
  await ask(buyer, 'write 60 words')
  const turn = buyer.page.getByRole('article', { name: /write 60 words/ })
  await expect(turn).toContainText(/\w+ \w+ \w+ \w+/)
  await seller.restart('SIGKILL')
  await expect(turn.getByRole('button', { name: 'Stop' })).toBeHidden({ timeout: 40_000 })
  await expect(turn.getByText('Timeline')).toBeVisible()
  await goTo(seller.page, 'Activity')
  await expect(seller.page.getByRole('row', { name: /write 60 words.*Done/ })).toBeVisible()
})

test('the host of the sandbox goes away: another Souk takes over and the trade goes on', async ({ market }) => {
  const host = await market.open('host')
  const seller = await market.open('seller')
  const buyer = await market.open('buyer')
  await host.souk.stop('SIGKILL')
  await startSelling(seller)
  await expect(buyer.page.getByRole('button', { name: /^Seller: A Souk seller/ })).toBeVisible({ timeout: 40_000 })
  await ask(buyer, 'What is 3+4?')
  await expect(buyer.page.getByText('3 + 4 = 7')).toBeVisible({ timeout: 30_000 })
})

test('the cheapest of two sellers is chosen', async ({ market }) => {
  const dear = market.run(['provider', '--backend', 'toy', '--price', '9000', '--name', 'Dear seller', '--data', `${market.home}/dear`])
  await dear.waitFor((record) => record.type === 'selling')
  const cheap = market.run(['provider', '--backend', 'toy', '--price', '3000', '--name', 'Cheap seller', '--data', `${market.home}/cheap`])
  await cheap.waitFor((record) => record.type === 'selling')
  const buyer = await market.open('buyer')
  await expect(buyer.page.getByRole('button', { name: /^Seller: Cheap seller/ })).toBeVisible()
  await ask(buyer, 'What is 1+1?')
  await expect(buyer.page.getByText('1 + 1 = 2')).toBeVisible()
  await cheap.waitFor((record) => record.type === 'job' && record['state'] === 'done')
  expect(dear.records.filter((record) => record.type === 'job')).toEqual([])
  await expect(balance(buyer)).toContainText('99,996.997')
})

test('threads, answers and payments are there after a restart', async ({ market }) => {
  const buyer = await market.open('buyer')
  await ask(buyer, 'What is 5+5?')
  await expect(buyer.page.getByText('5 + 5 = 10')).toBeVisible()
  await buyer.restart('SIGINT')
  await expect(buyer.page.getByText('5 + 5 = 10')).toBeVisible()
  await goTo(buyer.page, 'Activity')
  await expect(buyer.page.getByRole('row', { name: /What is 5\+5\?.*Done/ })).toBeVisible()
  await goTo(buyer.page, 'Wallet')
  await expect(buyer.page.getByRole('row', { name: /Souk job_.*Sent/ })).toBeVisible()
})

async function startSelling(seat: Seat): Promise<void> {
  await goTo(seat.page, 'Sell')
  await seat.page.getByRole('button', { name: 'Start selling' }).click()
  await expect(seat.page.getByRole('button', { name: 'Stop selling' })).toBeVisible()
}
