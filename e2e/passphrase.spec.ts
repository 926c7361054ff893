import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { goTo, test, expect, expectAccessible } from './souk.ts'

const FIRST = 'lantern owls chair rain'
const SECOND = 'another four odd words'

test('the phrase is put under a passphrase in the page, opens with it after a restart, and can be changed and taken back', async ({ market }) => {
  const one = await market.open('one')
  const { page } = one
  const secrets = () => readFileSync(join(market.home, 'one', 'secrets.json'), 'utf8')
  await goTo(page, 'Settings')
  const identity = page.getByRole('region', { name: 'Identity and backup' })
  await expect(identity.getByText('Not protected')).toBeVisible()
  expect(secrets()).toContain('"plain"')

  // By keyboard alone: from the button to the field, and Enter.
  await identity.getByRole('button', { name: 'Set a passphrase' }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Set a passphrase' })
  const next = dialog.getByLabel('New passphrase')
  await expect(next).toBeFocused()
  await page.keyboard.type('short')
  await expect(dialog.getByText('Too short yet: at least 8 characters.')).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(dialog.getByText(/^At least 8 characters; /)).toBeVisible()
  await expect(dialog.getByText('The two differ. Type the same in both.')).toBeVisible()
  await expectAccessible(page)
  await next.fill(FIRST)
  await expect(next).toHaveAccessibleDescription(/^Strong: /)
  await dialog.getByLabel('The same again').fill(FIRST)
  await expect(next).toHaveAttribute('type', 'password')
  await dialog.getByRole('checkbox', { name: 'Show what is typed' }).click()
  await expect(next).toHaveAttribute('type', 'text')
  await dialog.getByRole('button', { name: 'Set it' }).click()
  await expect(dialog).toBeHidden()
  await expect(identity.getByText('By your passphrase', { exact: true })).toBeVisible()
  expect(secrets()).toContain('"passphrase"')

  await one.restart('SIGINT', { SOUK_PASSPHRASE: FIRST })
  await goTo(page, 'Settings')
  await identity.getByRole('button', { name: 'Change the passphrase' }).click()
  const change = page.getByRole('dialog', { name: 'Change the passphrase' })
  await change.getByLabel('Passphrase in force').fill('something else')
  await change.getByLabel('New passphrase').fill(SECOND)
  await change.getByLabel('The same again').fill(SECOND)
  await change.getByRole('button', { name: 'Change it' }).click()
  await expect(change.getByText('That is not the passphrase in force. Nothing was changed; type it again.')).toBeVisible()
  await expectAccessible(page)
  await change.getByLabel('Passphrase in force').fill(FIRST)
  await change.getByRole('button', { name: 'Change it' }).click()
  await expect(change).toBeHidden()

  await one.restart('SIGINT', { SOUK_PASSPHRASE: SECOND })
  await goTo(page, 'Settings')
  await identity.getByRole('button', { name: 'Remove it' }).click()
  const remove = page.getByRole('dialog', { name: 'Remove the passphrase' })
  await remove.getByLabel('Passphrase in force').fill(SECOND)
  await expectAccessible(page)
  await remove.getByRole('button', { name: 'Remove it' }).click()
  await expect(identity.getByText('Not protected')).toBeVisible()
  expect(secrets()).toContain('"plain"')
})

test('what stands before real money has the way to a passphrase in it', async ({ market }) => {
  const { page } = await market.open('one')
  await goTo(page, 'Settings')
  await page.getByRole('button', { name: 'Set up' }).click()
  await page.getByRole('radio', { name: 'Mainnet' }).click()
  const list = page.getByRole('list', { name: 'Before real money' })
  await list.getByRole('button', { name: 'Set a passphrase' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set a passphrase' })
  await dialog.getByLabel('New passphrase').fill(FIRST)
  await dialog.getByLabel('The same again').fill(FIRST)
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await expect(list.getByRole('listitem').first()).toContainText('The phrase is protected: done')
  await expectAccessible(page)
})
