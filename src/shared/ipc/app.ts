import { z } from 'zod'
import { event, request, state } from './contract.ts'
import { emptySchema, networkSchema } from './common.ts'

export const appRoutes = {
  'app.status': state(
    z.object({
      version: z.string(),
      /** `sandbox` is play money on the embedded relay and mint. */
      mode: z.enum(['sandbox', 'regtest', 'testnet', 'signet', 'mainnet']),
      network: networkSchema,
      shell: z.enum(['desktop', 'browser', 'terminal']),
      dataFolder: z.string(),
      /** False until the first screen was answered. */
      welcomed: z.boolean(),
      /** Things that a person should know, by id: "store-quarantined" … */
      notices: z.record(z.string(), z.object({ level: z.enum(['info', 'warning', 'danger']), message: z.string() })),
    }),
  ),
  'app.finishWelcome': request(z.object({ choice: z.enum(['sandbox', 'sell', 'buy']) }), emptySchema),
  'app.dismissNotice': request(z.object({ id: z.string().max(100) }), emptySchema),
  'app.activated': event(z.object({ page: z.enum(['buy', 'sell', 'wallet', 'activity', 'settings']) })),
}
