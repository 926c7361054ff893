import { ask, goTo, test, expect, expectAccessible } from './souk.ts'

const PAGES = ['Buy', 'Sell', 'Wallet', 'Activity', 'Settings'] as const

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every page passes axe in ${colorScheme}, wide and at 360 px, and none scrolls sideways`, async ({ market }) => {
    const { page } = await market.open('one', { welcome: true })
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
    await page.getByRole('button', { name: /Try the sandbox/ }).click()
    await ask({ page }, 'What is 2+2?')
    await expect(page.getByText('2 + 2 = 4')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Stop', exact: true })).toBeHidden()
    for (const width of [1_280, 360]) {
      await page.setViewportSize({ width, height: 800 })
      for (const name of PAGES) {
        await goTo(page, name)
        await expect(page.getByRole('heading').first()).toBeVisible()
        await page.waitForLoadState('networkidle')
        await test.step(`${name} at ${width}`, () => expectAccessible(page))
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
      }
    }
  })
}

test('the whole trade works by keyboard', async ({ market }) => {
  const { page } = await market.open('one')
  await page.keyboard.press('Control+1')
  await page.getByRole('textbox', { name: 'Your question' }).focus()
  await expect(page.getByRole('button', { name: /^Seller: House seller/ })).toBeVisible()
  await page.keyboard.type('What is 6+7?')
  await expect(page.getByRole('button', { name: /^Send/ })).toBeEnabled()
  await page.keyboard.press('Enter')
  await expect(page.getByText('6 + 7 = 13')).toBeVisible()
  for (const [key, name] of [['2', 'Sell'], ['3', 'Wallet'], ['4', 'Activity'], ['5', 'Settings']] as const) {
    await page.keyboard.press(`Control+${key}`)
    await expect(page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name, exact: true })).toHaveAttribute('aria-current', 'page')
  }
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

test('the timeline of a job tells what was sent, received and paid, with ids to copy', async ({ market }) => {
  const { page } = await market.open('one')
  await ask({ page }, 'What is 2+2?')
  const turn = page.getByRole('article', { name: /What is 2\+2/ })
  await turn.getByText('Timeline').click()
  for (const step of ['Request sent', 'Invoice accepted', 'Paid', 'Result received', 'Done']) {
    await expect(page.getByRole('region', { name: 'Timeline' }).getByRole('listitem').filter({ hasText: step }).first()).toBeVisible()
  }
  await expect(page.getByText(/payment hash/i).first()).toBeVisible()
})

test('an address works once, and a wrong one says what to do', async ({ market }) => {
  const { page, souk } = await market.open('one')
  const { url } = await souk.waitFor((record) => record.type === 'serving')
  const stranger = await page.context().browser()?.newContext()
  const other = await stranger?.newPage()
  await other?.goto(String(url))
  await expect(other?.getByText(/already used/i).first() ?? page.getByText('no browser')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Your question' })).toBeVisible()
})
