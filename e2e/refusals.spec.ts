import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ask, balance, test, expect, type Market } from './souk.ts'

const CHEATS = [
  ['wrong-network', /for mainnet/],
  ['over-quote', /asks 90,000 sats, the offer said 2/],
  ['expired', /expired/],
  ['unreadable', /cannot be read/],
] as const

for (const [mode, reason] of CHEATS) {
  test(`an invoice that is ${mode} is refused before a sat moves`, async ({ market }) => {
    const host = market.run(['provider', '--backend', 'toy', '--price', '50000', '--data', `${market.home}/host`])
    const { relays } = await host.waitFor((record) => record.type === 'selling')
    const seller = await startHostileSeller(String((relays as string[])[0]), mode, market)
    const buyer = await market.open('buyer')
    await expect(buyer.page.getByRole('button', { name: new RegExp(`^Seller: Hostile: ${mode}`) })).toBeVisible()
    await ask(buyer, 'What is 2+2?')
    const turn = buyer.page.getByRole('article', { name: /What is 2\+2/ })
    await expect(turn).toContainText(reason)
    await expect(turn).toContainText(/Nothing was paid/i)
    await expect(balance(buyer)).toContainText('100,000')
    seller.kill('SIGKILL')
  })
}

test('a question that costs more than the limit is refused before anything is sent', async ({ market }) => {
  const dear = market.run(['provider', '--backend', 'toy', '--no-house', '--price', '200000', '--name', 'Dear seller', '--data', `${market.home}/dear`])
  await dear.waitFor((record) => record.type === 'selling')
  const buyer = await market.open('buyer')
  await expect(buyer.page.getByRole('button', { name: /^Seller: Dear seller/ })).toBeVisible()
  await buyer.page.getByRole('textbox', { name: 'Your question' }).fill('What is 2+2?')
  await expect(buyer.page.getByText(/your limit per job is 100/)).toBeVisible()
  expect(dear.records.filter((record) => record.type === 'job')).toEqual([])
})

async function startHostileSeller(relay: string, mode: string, market: Market): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'peers', 'hostileSeller.ts'), relay, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  market.track(child)
  const lines = createInterface({ input: child.stdout })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes('"selling"') && resolve())
    child.once('exit', () => reject(new Error('the hostile seller ended')))
  })
  return child
}
