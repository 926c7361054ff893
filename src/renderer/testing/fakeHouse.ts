/** Selling, the wallet, the activity and the settings on the scripted engine: everything that is not a conversation. */
import type { TimelineEntry } from '#shared/ipc/activity.ts'
import type { JobRow } from '#shared/ipc/common.ts'
import type { RelayRow } from '#shared/ipc/settings.ts'
import type { PaymentRow } from '#shared/ipc/wallet.ts'
import { addMsat, msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { matches } from '#renderer/activity/jobRows.ts'
import type { Snapshot, SoukState } from '#renderer/state/client.ts'
import type { FakeEngine } from './fakeEngine.ts'
import { makeMoneyJobs, playMoney } from './fakeMoney.ts'
import { makeJob, makeRelay, MARKDOWN_ANSWER, pubkeyOf } from './sceneData.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const PHRASE = 'orbit lemon canvas pulse river maple socket window hazard fluid enjoy basket'

const FINDINGS = [
  { verdict: 'proven', text: `The seller’s key ${pubkeyOf('6').slice(0, 12)}… signed: prepay, 12 sats paid, the answer 5f3a9c0d1e2b… delivered, ended as done.` },
  { verdict: 'unproven', text: 'What the customer says of it: its receipt is not here.' },
  { verdict: 'unproven', text: 'When: each time is by its signer’s own clock. Who holds the keys: a customer’s may be of this one job.' },
] as const

function makeReceipt(job: JobRow): NostrEvent {
  return { id: pubkeyOf('a'), pubkey: pubkeyOf('b'), created_at: Math.floor(job.createdAt / 1_000), kind: KIND.receipt, tags: [['version', '2'], ['job', job.jobId]], content: '', sig: 'c'.repeat(128) }
}

export type HouseMood = 'busy' | 'empty' | 'failing' | 'loading'

export function playHouse(engine: FakeEngine, mood: HouseMood, now: number): void {
  const change = <N extends SoukState>(name: N, part: Partial<Snapshot<N>>) => {
    const before = engine.getState(name)
    if (before) engine.setState(name, { ...before, ...part })
  }
  const setJob = (jobId: string, job: JobRow | undefined) => {
    const { [jobId]: _, ...others } = engine.getState('provider.status')?.jobs ?? {}
    change('provider.status', { jobs: job ? { ...others, [jobId]: job } : others })
  }
  if (mood === 'busy') setJob('job_s3', makeJob(now, { jobId: 'job_s3', role: 'provider', state: 'owed', final: false, peer: pubkeyOf('6'), promptPreview: 'List the rivers of Slovenia by length', movedMsat: sats(12), createdAt: now - 3 * HOUR, note: 'Ollama ended the answer without finishing it.' }))
  if (mood === 'empty') change('provider.status', { selling: 'off', jobs: {}, earnings: { today: NOTHING, week: NOTHING, total: NOTHING } })
  if (mood === 'failing') {
    change('provider.status', { selling: 'off', offeredModels: [], jobs: {} })
    change('backend.status', { choice: 'ollama', reachable: false, models: [], problem: 'Ollama is not answering on port 11434. Start it, or choose another backend.' })
    change('wallet.status', { state: 'unavailable', problem: 'The wallet service did not answer within 15 seconds. It is asked again by itself.' })
  }

  const jobs = mood === 'busy' ? [...makeMoneyJobs(now), ...makeActivity(now)] : []
  const payments = mood === 'busy' ? makePayments(now) : []
  const silent = new Promise<never>(() => undefined)
  const refusal = fail('internal', 'The store could not be read. Check the disk, then restart Souk.')
  const answer = <T>(value: T) => (mood === 'loading' ? silent : mood === 'failing' ? refusal : ok(value))

  engine.requests['provider.start'] = () => {
    change('provider.status', { selling: 'starting' })
    engine.later(800, () => change('provider.status', { selling: 'on', since: Date.now(), announcedAt: Date.now() }))
    return ok({})
  }
  engine.requests['provider.stop'] = () => {
    change('provider.status', { selling: 'off' })
    return ok({})
  }
  engine.requests['provider.setTerms'] = (terms) => {
    const before = engine.getState('provider.status')
    if (before) change('provider.status', { terms: { ...before.terms, ...Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined)) } })
    return ok({})
  }
  engine.requests['provider.setChannel'] = ({ channelId }) => {
    if (channelId) change('provider.status', { channelId })
    return ok({})
  }
  engine.requests['provider.earnings'] = ({ days }) =>
    answer({
      days: Array.from({ length: days }, (_, n) => {
        const date = new Date(now - (days - 1 - n) * DAY)
        const done = Math.max(0, Math.round(8 + 7 * Math.sin(n / 2) - (n % 5)))
        return { day: `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`, earnedMsat: sats(done * 12), jobs: done }
      }),
    })
  engine.requests['provider.cancelJob'] = ({ jobId }) => {
    setJob(jobId, undefined)
    return ok({})
  }
  engine.requests['provider.retryJob'] = ({ jobId }) => {
    const job = engine.getState('provider.status')?.jobs[jobId]
    if (job) setJob(jobId, { ...job, state: 'working' })
    return ok({})
  }
  engine.requests['provider.writeOffJob'] = ({ jobId }) => {
    setJob(jobId, undefined)
    return ok({})
  }
  engine.requests['backend.choose'] = ({ choice }) => {
    const toy = choice === 'toy' || mood === 'failing'
    change('backend.status', toy ? { choice, active: choice === 'ollama' ? 'ollama' : 'toy', reachable: choice !== 'ollama', models: choice === 'ollama' ? [] : [{ name: 'souk-toy', contextTokens: 8_192 }] } : { choice })
    return ok({})
  }
  engine.requests['backend.refresh'] = () => {
    change('backend.status', { checkedAt: Date.now() })
    return ok({})
  }
  engine.streams['backend.pull'] = (_input, listener) => {
    let completedBytes = 0
    const totalBytes = 2_019_377_376
    let callOff = () => {}
    const goOn = () => {
      completedBytes = Math.min(totalBytes, completedBytes + 97_000_000)
      listener.onItem({ type: 'progress', completedBytes, totalBytes, status: 'pulling dde5aa3fc5ff' })
      if (completedBytes < totalBytes) return void (callOff = engine.later(250, goOn))
      listener.onItem({ type: 'done' })
      listener.onEnd()
    }
    callOff = engine.later(250, goOn)
    return () => callOff()
  }

  playMoney(engine, mood, now)
  engine.requests['wallet.refresh'] = () => (mood === 'failing' ? fail('timeout', 'The wallet did not answer.') : ok({}))
  engine.requests['wallet.history'] = ({ offset, limit }) => answer({ rows: payments.slice(offset, offset + limit), more: payments.length > offset + limit })
  const invoices = new Map<string, PaymentRow>()
  engine.requests['wallet.createInvoice'] = ({ amountMsat, description }) => {
    if (mood === 'failing') return fail('timeout', 'The wallet did not answer.')
    const paymentHash = pubkeyOf((invoices.size % 10).toString())
    const expiresAt = Date.now() + HOUR
    const bolt11 = `lnbcrt${amountMsat / 100}n1p${'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.repeat(8)}`
    invoices.set(paymentHash, { paymentHash, direction: 'incoming', state: 'pending', amountMsat, feeMsat: ZERO_MSAT, description, createdAt: Date.now(), expiresAt, bolt11 })
    // Somebody pays it soon.
    engine.later(4_000, () => {
      const invoice = invoices.get(paymentHash)
      const balance = engine.getState('wallet.status')?.balanceMsat
      if (!invoice || balance === undefined) return
      const settled: PaymentRow = { ...invoice, state: 'settled', settledAt: Date.now() }
      invoices.set(paymentHash, settled)
      payments.unshift(settled)
      change('wallet.status', { balanceMsat: addMsat(balance, amountMsat) })
    })
    return ok({ bolt11, paymentHash, amountMsat, expiresAt })
  }
  engine.requests['wallet.lookup'] = ({ paymentHash }) => {
    const found = invoices.get(paymentHash)
    return found ? ok(found) : fail('not-found', 'The wallet knows no such payment.')
  }
  engine.requests['wallet.inspectInvoice'] = ({ bolt11 }) => {
    if (bolt11.includes('bad')) return fail('bad-invoice', 'The invoice’s checksum is wrong: a character is missing or another one.')
    return ok({ amountMsat: sats(250), paymentHash: pubkeyOf('f'), network: bolt11.startsWith('lnbcrt') ? 'regtest' : 'mainnet', description: 'Two coffees and a slice of cake', expiresAt: Date.now() + HOUR, expired: false, maxFeeMsat: sats(3) })
  }
  engine.requests['wallet.pay'] = async ({ bolt11, confirmedMsat }) => {
    await engine.pause(900)
    if (bolt11.endsWith('ccc') && confirmedMsat === undefined) return fail('needs-confirmation', 'This costs 250 sats, and you want to be asked above 200. Confirm it to go on.')
    if (bolt11.endsWith('lll')) return fail('over-day-limit', 'This would bring today to 5,120 sats, fees and pending included; your limit is 5,000. Change it in Settings.')
    if (bolt11.endsWith('fff')) return fail('no-route', 'The mint found no way to the payee.')
    if (bolt11.endsWith('uuu')) return ok({ state: 'unknown', message: 'The wallet did not answer within 30 seconds.', paymentHash: pubkeyOf('f') })
    return ok({ state: 'settled', feeMsat: sats(1), paymentHash: pubkeyOf('f') })
  }

  engine.requests['activity.list'] = ({ role, state, settlement, owed, search = '', before, limit }) => {
    const found = jobs.filter((job) => matches(job, { role, state, settlement, owed, search }) && (!before || job.createdAt < before.createdAt))
    return answer({ rows: found.slice(0, limit), more: found.length > limit })
  }
  engine.requests['activity.timeline'] = ({ jobId, role }) => {
    const job = jobs.find((each) => each.jobId === jobId && each.role === role) ?? engine.getState('provider.status')?.jobs[jobId]
    return job ? answer({ job, prompt: job.promptPreview, answer: MARKDOWN_ANSWER, ...(role === 'customer' ? { threadId: 'sky' } : {}), entries: makeTimeline(job) }) : fail('no-job', 'There is no such job here.')
  }

  engine.requests['activity.receipts'] = ({ jobId, role }) => {
    const job = jobs.find((each) => each.jobId === jobId && each.role === role)
    return answer({ isGood: true, ...(job === undefined || job.movedMsat === 0 ? { receipts: [], findings: [] } : { receipts: [makeReceipt(job)], findings: [...FINDINGS] }) })
  }
  engine.requests['activity.exportReceipts'] = () => answer({ jobs: jobs.filter(({ final }) => final).map((job) => ({ jobId: job.jobId, role: job.role, createdAt: job.createdAt, receipts: [makeReceipt(job)] })), more: false })

  const relaysNow = () => engine.getState('relays.status')?.relays ?? {}
  const setRelay = (relay: RelayRow) => engine.setState('relays.status', { relays: { ...relaysNow(), [relay.url]: relay } })
  engine.requests['relays.add'] = ({ url, read = true, write = true }) => {
    if (relaysNow()[url]) return fail('known', 'This relay is in the list already.')
    setRelay(makeRelay({ url, read, write, state: 'connecting' }))
    return ok({})
  }
  engine.requests['relays.change'] = ({ url, read, write }) => {
    const relay = relaysNow()[url]
    if (!read && !write) return fail('useless', 'A relay that is neither read nor written is of no use. Leave one on, or remove it.')
    if (relay) setRelay({ ...relay, read, write })
    return ok({})
  }
  engine.requests['relays.remove'] = ({ url }) => {
    const { [url]: _, ...relays } = relaysNow()
    engine.setState('relays.status', { relays })
    return ok({})
  }
  engine.requests['relays.reconnect'] = ({ url }) => {
    const { problem: _problem, nextAttemptAt: _next, latencyMs: _latency, connectedAt: _since, ...relay } = relaysNow()[url] ?? makeRelay({ url })
    setRelay({ ...relay, state: 'connecting' })
    engine.later(700, () => setRelay({ ...relay, state: 'connected', connectedAt: Date.now(), latencyMs: 74 }))
    return ok({})
  }
  engine.requests['identity.revealPhrase'] = () => ok({ phrase: PHRASE })
  engine.requests['identity.exportSecretKey'] = () => ok({ nsec: `nsec1${'qpzry9x8gf2tvdw0s3jn54khce6mua7l'.repeat(2).slice(0, 58)}` })
  engine.requests['identity.confirmBackup'] = ({ words }) => {
    const wrong = words.find(({ index, word }) => PHRASE.split(' ')[index] !== word)
    if (wrong) return fail('wrong-word', `Word ${wrong.index + 1} is not right. Compare it with what you wrote down.`)
    change('identity.status', { backedUp: true })
    const needs = engine.getState('walletChoice.status')?.needs
    if (needs) change('walletChoice.status', { needs: { ...needs, backedUp: true } })
    return ok({})
  }
  let passphrase: string | undefined
  engine.requests['identity.protect'] = ({ current, next }) => {
    if (current !== passphrase) return fail('secrets-locked', 'That is not the passphrase in force. Nothing was changed; type it again.')
    passphrase = next
    change('identity.status', { protection: next === undefined ? 'plain' : 'passphrase' })
    const needs = engine.getState('walletChoice.status')?.needs
    if (needs) change('walletChoice.status', { needs: { ...needs, protected: next !== undefined } })
    return ok({})
  }
  engine.requests['identity.importPhrase'] = () => fail('busy', 'Stop selling and let the open jobs end first: they belong to the identity in use.')
  engine.requests['sandbox.setFaults'] = (part) => {
    const before = engine.getState('sandbox.status')?.faults
    if (before) change('sandbox.status', { faults: { ...before, ...Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) } })
    return ok({})
  }
  engine.requests['sandbox.audit'] = () => answer({ balanced: true, issuedMsat: sats(300_000), accountsMsat: sats(299_980), heldMsat: ZERO_MSAT, feesMsat: sats(20), accounts: 3 })
}

const NOTHING = { earnedMsat: ZERO_MSAT, jobs: 0 }

const PROMPTS = ['Why is the sky blue?', 'Translate this into Catalan', 'Write a haiku about rain', 'A regular expression for dates, with named groups, that refuses the thirtieth of February', 'Summarise the meeting notes of Tuesday']
const STATES = ['done', 'done', 'done', 'stopped', 'done', 'failed', 'done', 'refused', 'owed', 'done', 'expired', 'done'] as const

function makeActivity(now: number): JobRow[] {
  return Array.from({ length: 230 }, (_, n) => {
    const state = n === 0 ? 'working' : (STATES[n % STATES.length] ?? 'done')
    const sold = n % 3 === 1
    const { peerName: _peerName, ...job } = makeJob(now, {
      jobId: `job_${(n * 7919 + 4096).toString(16).padStart(16, '0')}`,
      role: sold ? 'provider' : 'customer',
      state,
      final: state !== 'working' && state !== 'owed',
      promptPreview: PROMPTS[n % PROMPTS.length] ?? '',
      movedMsat: state === 'done' || state === 'owed' || state === 'failed' ? (sold ? sats(12) : msat(10_050)) : ZERO_MSAT,
      feeMsat: sold ? ZERO_MSAT : msat(50),
      createdAt: now - n * n * 40_000 - 20_000,
      ...(state === 'failed' || state === 'owed' ? { note: 'The seller’s model server went away in the middle of the answer.' } : {}),
    })
    return sold ? job : { ...job, peerName: n % 2 ? 'Bluebell' : 'House seller' }
  })
}

function makePayments(now: number): PaymentRow[] {
  return Array.from({ length: 120 }, (_, n): PaymentRow => {
    const incoming = n % 3 !== 0
    return {
      paymentHash: n.toString(16).padStart(64, '0'),
      direction: incoming ? 'incoming' : 'outgoing',
      state: n === 0 ? 'pending' : n === 5 ? 'failed' : n === 7 ? 'expired' : 'settled',
      amountMsat: incoming ? sats(12) : msat(10_000 + n * 1_500),
      feeMsat: incoming ? ZERO_MSAT : sats(1),
      description: n % 4 === 0 ? 'Two coffees, one of them to take away' : `Souk job_${n.toString(16).padStart(16, '0')}`,
      createdAt: now - n * 37 * MINUTE,
      ...(n % 4 === 0 ? {} : { jobId: `job_${(n * 7919 + 4096).toString(16).padStart(16, '0')}` }),
    }
  })
}

function makeTimeline(job: JobRow): TimelineEntry[] {
  const start = job.createdAt
  const raw = JSON.stringify({ id: pubkeyOf('e'), kind: 42, pubkey: job.peer, created_at: Math.floor(start / 1_000), tags: [['e', pubkeyOf('c'), 'ws://127.0.0.1:7447', 'root']], content: '{"type":"JobRequest","kind":5050,"prompt":"Why is the sky blue?","max_tokens":1024}' })
  const verdicts = [
    { relay: 'ws://127.0.0.1:7447', verdict: 'accepted', message: '' },
    { relay: 'wss://relay.example', verdict: 'refused', message: 'rate-limited: slow down' },
  ]
  const text = (n: number): TimelineEntry => ({ at: start + 1_300 + n * 220, kind: 'received', title: 'Text received', sizeBytes: 148, ids: {} })
  return [
    { at: start, kind: 'state', title: 'Asked', detail: 'Bluebell, up to 1024 tokens', amountMsat: sats(10), sizeBytes: 21, ids: { request: pubkeyOf('e'), provider: job.peer, channel: pubkeyOf('c') } },
    { at: start + 12, kind: 'sent', title: 'Request sent', sizeBytes: 412, ids: { event: pubkeyOf('e') }, verdicts, raw },
    { at: start + 240, kind: 'received', title: 'Invoice accepted', amountMsat: sats(10), ids: { event: pubkeyOf('d'), 'payment hash': pubkeyOf('f') }, raw },
    { at: start + 250, kind: 'payment', title: 'Wallet asked to pay', ids: {} },
    { at: start + 610, kind: 'payment', title: 'Paid', detail: 'Settled, no fee.', ids: {} },
    ...Array.from({ length: 9 }, (_, n) => text(n)),
    { at: start + 3_100, kind: 'received', title: 'Result received', sizeBytes: 1_310, ids: { event: pubkeyOf('a') }, raw },
    job.state === 'failed' ? { at: start + 3_200, kind: 'problem', title: 'Provider reported a problem', detail: job.note ?? '', ids: {} } : { at: start + 3_200, kind: 'state', title: 'Done', ids: {} },
  ]
}
