/** What the window that asks for the passphrase may say to the desktop, before there is an engine. */
import { z } from 'zod'
import { MAX_PASSPHRASE_CHARS } from '../passphrase.ts'
import { emptySchema } from './common.ts'
import { request } from './contract.ts'

export const unlockContract = {
  /** Opens the secrets. A wrong passphrase is a problem with what to do; the right one ends the window. */
  'unlock.open': request(z.object({ passphrase: z.string().max(MAX_PASSPHRASE_CHARS) }), emptySchema),
}
export type UnlockContract = typeof unlockContract
