import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Page } from '@playwright/test'
import { test, expect, type Market } from './souk.ts'

/** Enough that only what is in sight exists; ten thousand are for the bench, which measures (`npm run bench -- --only listings`). */
const LISTINGS = 1_000
/** Of the crowd, one in ten sells on mainnet. */
const BUYABLE = 900

test('a thousand listings are listed, filtered, searched and sorted while they change', async ({ market }) => {
  test.setTimeout(180_000)
  const { page, crowd } = await openCrowd(market)
  // None of them answers a ping: whoever is asked for a sign of life is not live any more.
  await chip(page, 'Live').click()
  await expect(page.getByText('900 of 1,000 offers')).toBeVisible({ timeout: 90_000 })
  const table = page.getByRole('table', { name: 'Sellers' })
  await expect(table).toHaveAttribute('aria-rowcount', String(BUYABLE + 1))
  // Only what is in sight exists.
  expect(await table.getByRole('row').count()).toBeLessThan(80)

  await test.step('sorted by price, both ways', async () => {
    await expect(row(page, 0)).toContainText('Stall 0')
    // The one for 2 sats sells on mainnet.
    await expect.poll(() => pricesInSight(page)).toEqual([1, 3, 4, 5, 6])
    await header(page, 'Sats').click()
    await expect.poll(() => pricesInSight(page)).toEqual([1_000, 999, 998, 997, 996])
    await header(page, 'Sats').click()
  })

  await test.step('searched, filtered by model, price, network and privacy', async () => {
    const search = page.getByRole('searchbox', { name: 'Search sellers and models' })
    await search.fill('stall 424')
    // Keys are searched too, and a few hold these digits.
    await expect(table.getByRole('row').filter({ has: page.getByRole('button', { name: 'Stall 424', exact: true }) })).toBeVisible()
    await expect.poll(() => table.getByRole('row').count()).toBeLessThan(40)
    await search.fill('')
    await chip(page, 'Private').click()
    // Every third, and of those every tenth on mainnet.
    await expect(page.getByText('300 of 1,000 offers')).toBeVisible()
    await chip(page, 'Private').click()
    const price = page.getByRole('textbox', { name: 'Price at most, in sats' })
    await price.fill('10')
    await expect(page.getByText('9 of 1,000 offers')).toBeVisible()
    await price.fill('')
    await chip(page, 'Can be bought here').click()
    await page.getByRole('combobox', { name: 'Network' }).click()
    await page.getByRole('option', { name: 'mainnet' }).click()
    await expect(page.getByText('100 of 1,000 offers')).toBeVisible()
    await row(page, 0).click()
    await expect(page.getByRole('complementary', { name: /^Offer of Stall/ })).toContainText('It is paid on mainnet, and this wallet is on regtest.')
    await expect(page.getByRole('button', { name: 'Ask this seller' })).toBeDisabled()
    await page.getByText('The event as it came').click()
    await expect(page.getByText('"kind": 31990')).toBeVisible()
    await page.getByRole('button', { name: 'Close the detail' }).click()
    await page.getByRole('combobox', { name: 'Network' }).click()
    await page.getByRole('option', { name: 'Any network' }).click()
    await chip(page, 'Can be bought here').click()
    await expect(page.getByText('900 of 1,000 offers')).toBeVisible()
  })

  await test.step('walked through by keyboard, to the last', async () => {
    await row(page, 0).getByRole('button').focus()
    await page.keyboard.press('End')
    await expect(row(page, BUYABLE - 1).getByRole('button')).toBeFocused()
    await page.keyboard.press('Home')
    await expect(row(page, 0).getByRole('button')).toBeFocused()
    await page.keyboard.press('ArrowDown')
    await expect(row(page, 1).getByRole('button')).toBeFocused()
    await page.getByRole('button', { name: 'Close the detail' }).click()
  })

  await test.step('after three seconds of a thousand updates a second, every price is the newest', async () => {
    crowd.tell('update 1000 3')
    await page.mouse.move(400, 400)
    await page.mouse.wheel(0, 40_000)
    await header(page, 'Seller').click()
    const { updates, refused, prices } = (await crowd.next('updated')) as { updates: number; refused: number; prices: number[] }
    expect([updates > 0, refused]).toEqual([true, 0])
    const search = page.getByRole('searchbox', { name: 'Search sellers and models' })
    for (const n of [424, 375, 746]) {
      await search.fill(`stall ${n}`)
      const named = table.getByRole('row').filter({ has: page.getByRole('button', { name: `Stall ${n}`, exact: true }) })
      await expect(named).toContainText((prices[n] ?? 0).toLocaleString('en-US'))
    }
  })
})

function row(page: Page, index: number) {
  return page.locator(`table[aria-label="Sellers"] tr[data-index="${index}"]`)
}

function header(page: Page, name: string) {
  return page.getByRole('table', { name: 'Sellers' }).getByRole('columnheader', { name }).getByRole('button')
}

function chip(page: Page, name: string) {
  return page.getByRole('button', { name, exact: true })
}

async function pricesInSight(page: Page): Promise<number[]> {
  const cells = await page.locator('table[aria-label="Sellers"] tr[data-index] td:nth-child(4)').allTextContents()
  return cells.slice(0, 5).map((text) => Number(text.replaceAll(',', '')))
}

/** A sandbox with the crowd in it and nobody else, and the directory open in front of it. */
async function openCrowd(market: Market) {
  const mint = market.run(['mint', 'run'])
  const { relayUrl } = await mint.waitFor((record) => record.type === 'sandbox')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'peers', 'crowd.ts'), String(relayUrl), String(LISTINGS)], { stdio: ['pipe', 'pipe', 'inherit'] })
  market.track(child)
  const records = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const crowd = {
    tell: (line: string) => void child.stdin.write(`${line}\n`),
    async next(type: string): Promise<Record<string, unknown>> {
      for (let line = await records.next(); line.done !== true; line = await records.next()) {
        const record: Record<string, unknown> = JSON.parse(line.value)
        if (record['type'] === type) return record
      }
      throw new Error(`The crowd ended before it said "${type}".`)
    },
  }
  expect(await crowd.next('published')).toMatchObject({ listings: LISTINGS, refused: 0 })
  const { page } = await market.open('buyer', { args: ['--no-house'] })
  await page.getByRole('button', { name: 'Sellers' }).first().click()
  return { page, crowd }
}
