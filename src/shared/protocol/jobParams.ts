/** The parameters of a NIP-90 text job (PROTOCOL.md §4), in every spelling, with the bounds within which they mean something. */
import { fail, ok, type Result } from '../market/result.ts'
import type { Sampling } from '../market/sampling.ts'
import { SETTLEMENTS, type SettlementWish } from '../market/settlement.ts'
import { LEAST_TICK_TOKENS } from '../market/tariff.ts'
import { isHex64 } from './event.ts'

export interface JobParams {
  /** Null: the seller's default. */
  readonly model: string | null
  /** Null: as many as the seller allows. */
  readonly maxTokens: number | null
  readonly sampling: Sampling
  /** The dialect in which the answer may stream (ours); null when none is asked for. */
  readonly stream: string | null
  /** How it is to be settled (ours); left out: paid before the work. */
  readonly settlement?: SettlementWish
}

interface NumberRule {
  /** As the canonical form spells it; underscores are read as hyphens and the other way round. */
  readonly name: string
  readonly min: number
  readonly max: number
  readonly whole: boolean
}

const TICK_TOKENS: NumberRule = { name: 'tick_tokens', min: LEAST_TICK_TOKENS, max: 1_000_000, whole: true }
const MAX_TOKENS: NumberRule = { name: 'max_tokens', min: 1, max: 2_147_483_647, whole: true }
const SAMPLING: Readonly<Record<keyof Sampling, NumberRule>> = {
  temperature: { name: 'temperature', min: 0, max: 2, whole: false },
  topK: { name: 'top-k', min: 0, max: 1_000, whole: true },
  topP: { name: 'top-p', min: 0, max: 1, whole: false },
  /** Neutral at 1.0; 0 would divide by nothing. */
  repeatPenalty: { name: 'frequency_penalty', min: 0.01, max: 10, whole: false },
  seed: { name: 'seed', min: 0, max: 4_294_967_295, whole: true },
}
const SAMPLING_KEYS = ['temperature', 'topK', 'topP', 'repeatPenalty', 'seed'] as const
const PREPAY: SettlementWish = { name: 'prepay' }
const MAX_DECIMALS = 20
const MAX_MODEL = 200
const MAX_STREAM = 40

/** The `param` tags of a request. */
export function jobParamTags({ model, maxTokens, sampling, stream, settlement = PREPAY }: JobParams): readonly (readonly string[])[] {
  const values: readonly (readonly [string, string | number | null | undefined])[] = [
    ['model', model],
    [MAX_TOKENS.name, maxTokens],
    ...SAMPLING_KEYS.map((key) => [SAMPLING[key].name, sampling[key]] as const),
    ['stream', stream],
    // What it is anyway is not said: who knows no other way is not asked about one.
    ['settlement', settlement.name === 'prepay' ? null : settlement.name],
    ['payment_hash', settlement.name === 'escrow' ? settlement.paymentHash : null],
    [TICK_TOKENS.name, settlement.name === 'metered' ? settlement.tickTokens : null],
  ]
  return values.flatMap(([name, value]) => (value === null || value === undefined ? [] : [['param', name, typeof value === 'number' ? spell(value) : value]]))
}

/** With as many decimals as are read, and never an exponent, which is not. */
function spell(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(MAX_DECIMALS).replace(/\.?0+$/, '') : text
}

/**
 * Reads the `param` tags; the first of each name counts, unknown ones are passed over. Fails with `bad-param`, and a
 * sentence that names it, where a value is no number or out of bounds: an answer made otherwise would not be what was asked for.
 */
export function parseJobParams(tags: readonly (readonly string[])[]): Result<JobParams & { readonly settlement: SettlementWish }> {
  const said = new Map<string, string>()
  for (const [tag, name = '', value = ''] of tags) {
    const spelled = name.replaceAll('-', '_')
    if (tag === 'param' && !said.has(spelled)) said.set(spelled, value.trim())
  }
  const model = said.get('model') ?? null
  if (model !== null && (model === '' || model.length > MAX_MODEL)) return fail('bad-param', 'The parameter model is not the name of one.')
  const maxTokens = readNumber(said, MAX_TOKENS)
  if (!maxTokens.ok) return maxTokens
  const sampling: { -readonly [Key in keyof Sampling]: number } = {}
  for (const key of SAMPLING_KEYS) {
    const value = readNumber(said, SAMPLING[key])
    if (!value.ok) return value
    if (value.value !== null) sampling[key] = value.value
  }
  const stream = said.get('stream') ?? null
  const settlement = readSettlement(said)
  if (!settlement.ok) return settlement
  return ok({ model, maxTokens: maxTokens.value, sampling, stream: stream === null || stream.length > MAX_STREAM ? null : stream, settlement: settlement.value })
}

function readSettlement(said: ReadonlyMap<string, string>): Result<SettlementWish> {
  const text = said.get('settlement') ?? 'prepay'
  const name = SETTLEMENTS.find((known) => known === text)
  if (name === undefined) return fail('bad-param', `The parameter settlement is one of ${SETTLEMENTS.join(', ')} here.`)
  if (name === 'metered') {
    const tickTokens = readNumber(said, TICK_TOKENS)
    if (!tickTokens.ok) return tickTokens
    return ok(tickTokens.value === null ? { name } : { name, tickTokens: tickTokens.value })
  }
  if (name !== 'escrow') return ok({ name })
  const paymentHash = said.get('payment_hash') ?? ''
  return isHex64(paymentHash) ? ok({ name, paymentHash }) : fail('bad-param', 'The parameter payment_hash of an escrow is 64 lower-case hex characters.')
}

function readNumber(said: ReadonlyMap<string, string>, { name, min, max, whole }: NumberRule): Result<number | null> {
  const text = said.get(name.replaceAll('-', '_'))
  if (text === undefined) return ok(null)
  const value = /^[+-]?\d{1,12}(\.\d{1,20})?$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return ok(value === 0 ? 0 : value)
  return fail('bad-param', `The parameter ${name} is ${whole ? 'a whole number' : 'a number'} from ${min} to ${max} here.`)
}
