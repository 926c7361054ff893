/** A wallet on Spark as a person has it, on a stand-in of the operators: chosen, paid in from the chain, paid out to it. */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Page } from '@playwright/test'
import { balance, goTo, test, expect, expectAccessible, type Market } from './souk.ts'

const TXID = 'd1'.repeat(32)

test('Spark is chosen, a deposit is claimed with its fee, a withdrawal sent with one, and the books explain both', async ({ market, page }) => {
  const souk = await startStandIn(market)
  await page.goto(await souk.address())
  await page.getByRole('button', { name: /Try the sandbox/ }).click()
  await chooseSpark(page)
  souk.send('restart')
  await page.goto(await souk.address())

  await goTo(page, 'Wallet')
  const chain = page.getByRole('region', { name: 'On the chain' })
  await expect(chain.getByRole('link', { name: 'Open the faucet' })).toBeVisible()
  await chain.getByRole('button', { name: 'Deposit' }).click()
  const deposit = page.getByRole('dialog', { name: 'Deposit' })
  await expect(deposit.getByRole('img', { name: 'QR code of the deposit address' }).or(deposit.getByRole('figure', { name: 'QR code of the deposit address' }))).toBeVisible()
  await expect(deposit.locator('code')).toHaveText(/^bcrt1/)
  await expectAccessible(page)
  await deposit.getByRole('button', { name: 'Done' }).click()

  souk.send(`deposit ${TXID} 50000`)
  const waiting = page.getByRole('list', { name: 'Deposits to claim' })
  await expect(waiting).toContainText('50,000')
  await waiting.getByRole('button', { name: 'Claim' }).click()
  const claim = page.getByRole('dialog', { name: 'Claim 50,000 sats?' })
  await expect(claim).toContainText('Claiming costs 99 sats now')
  await expectAccessible(page)
  await claim.getByRole('button', { name: 'Claim' }).click()
  await expect(waiting).toBeHidden()
  await expect(balance({ page })).toContainText('49,901')
  await expect(chain.getByRole('link', { name: 'Open the faucet' })).toBeHidden()

  await chain.getByRole('button', { name: 'Withdraw' }).click()
  const withdraw = page.getByRole('dialog')
  await withdraw.getByRole('textbox', { name: 'Address' }).fill('nowhere')
  await withdraw.getByRole('textbox', { name: 'Amount' }).fill('4000')
  await withdraw.getByRole('button', { name: 'See the fees' }).click()
  await expect(withdraw.getByRole('alert')).toBeVisible()
  await withdraw.getByRole('textbox', { name: 'Address' }).fill('bcrt1qstandin')
  await withdraw.getByRole('button', { name: 'See the fees' }).click()
  await withdraw.getByRole('radio', { name: /Slow: 150 sats/i }).click()
  await expect(withdraw).toContainText('In all 4,150 sats leave your wallet.')
  await expectAccessible(page)
  await withdraw.getByRole('button', { name: 'Send 4,150 sats' }).click()
  // More than what one is asked about by default.
  await withdraw.getByRole('button', { name: 'Yes, send 4,150 sats' }).click()
  await expect(withdraw.getByText('4,000 sats sent')).toBeVisible()
  await expect(withdraw.getByText('Fee: 150 sats.')).toBeVisible()
  await withdraw.getByRole('button', { name: 'Done' }).click()
  await expect(balance({ page })).toContainText('45,751')

  const books = page.getByRole('region', { name: 'Entries of the books' })
  await expect(books.getByRole('row', { name: /49,901/ }).first()).toBeVisible()
  await expect(books.getByRole('row', { name: /4,150|4,000/ }).first()).toBeVisible()
  await expect(page.getByText('Wallet and books agree.')).toBeVisible()
  await page.getByText('Show how').click()
  await expect(page.getByText('The wallet says')).toBeVisible()

  // After a restart it is the same wallet, and nothing of it has to be explained anew.
  souk.send('restart')
  await page.goto(await souk.address())
  await expect(balance({ page })).toContainText('45,751')
  await goTo(page, 'Wallet')
  await expect(page.getByText('Wallet and books agree.')).toBeVisible()
})

async function chooseSpark(page: Page): Promise<void> {
  await goTo(page, 'Settings')
  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByRole('radio', { name: 'Regtest' }).click()
  await page.getByRole('button', { name: 'Use Spark' }).click()
  await expect(page.getByText('The chosen wallet is used from the next start. Restart Souk now.')).toBeVisible()
}

interface StandIn {
  /** Each address once. */
  address(): Promise<string>
  send(line: string): void
}

async function startStandIn(market: Market): Promise<StandIn> {
  const data = join(market.home, 'spark')
  mkdirSync(data, { recursive: true })
  const child = spawn(process.execPath, [join(import.meta.dirname, 'peers', 'standInSpark.ts'), market.home, data], { stdio: ['pipe', 'pipe', 'inherit'] })
  market.track(child)
  const records = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async address() {
      const { value } = await records.next()
      const record = JSON.parse(String(value)) as { readonly type: string; readonly url?: string }
      expect(record.type).toBe('serving')
      return record.url ?? ''
    },
    send: (line) => void child.stdin.write(`${line}\n`),
  }
}
