import type { SaleTerms } from '#shared/ipc/provider.ts'
import { msat } from '#shared/market/msat.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'

/** What a seller begins with. */
export const DEFAULT_TERMS: SaleTerms = {
  name: 'A Souk seller',
  about: '',
  priceMsat: msat(10_000),
  models: [],
  maxTokens: 2_048,
  maxPromptBytes: 16_384,
  concurrency: 1,
  queueLength: 10,
  maxOpenPerCustomer: 3,
  streaming: true,
  openRequests: true,
  allowUrlInputs: false,
  settlements: [...SETTLEMENTS],
  jobLimitSecs: 600,
  previewPermille: 300,
  depositPermille: 0,
  creditMsat: msat(50_000),
  inputPer1kMsat: msat(1_000),
  outputPer1kMsat: msat(20_000),
  tickTokens: 300,
  graceSecs: 60,
  announceEverySecs: 300,
}
