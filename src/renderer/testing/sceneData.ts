/** What a busy sandbox looks like: offers, threads, turns and every other state, as of `now`. */
import type { JobRow } from '#shared/ipc/common.ts'
import type { OfferRow, Thread, Turn } from '#shared/ipc/customer.ts'
import type { RelayRow } from '#shared/ipc/settings.ts'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { makeChannelStates } from './fakeChannels.ts'
import type { FakeStates } from './fakeEngine.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export const pubkeyOf = (digit: string): string => digit.repeat(64)

export function makeOffer(now: number, change: Partial<OfferRow> & { key: string }): OfferRow {
  return {
    pubkey: pubkeyOf('a'),
    name: 'Bluebell',
    about: 'A quiet machine under a desk.',
    models: ['llama3.2:3b'],
    priceMsat: sats(10),
    network: 'regtest',
    channelId: pubkeyOf('c'),
    dialects: ['souk/1', 'nip90'],
    relays: ['ws://127.0.0.1:7447'],
    announcedAt: now - 12_000,
    lastSeenAt: change.announcedAt ?? now - 12_000,
    source: 'listing',
    sellerOffers: 1,
    own: false,
    house: false,
    history: { done: 0, failed: 0, spentMsat: ZERO_MSAT },
    ...change,
  }
}

const STALL_DIALECTS: readonly OfferRow['dialects'][] = [['souk/1', 'nip90'], ['nip90'], ['channel']]

export function makeOffers(now: number): Record<string, OfferRow> {
  const offers = [
    makeOffer(now, { key: 'house', name: 'House seller', about: 'The sandbox’s own seller. It offers the toy: made-up text at a steady pace.', models: ['toy'], priceMsat: sats(5), pubkey: pubkeyOf('b'), house: true, settlements: ['prepay', 'escrow', 'sealed', 'metered'], prices: [{ unit: 'per-1k-input-tokens', msat: sats(1) }, { unit: 'per-1k-output-tokens', msat: sats(20) }], history: { done: 14, failed: 0, spentMsat: sats(70), tokensPerSecond: 31.4, firstTextMs: 210 } }),
    makeOffer(now, { key: 'bluebell', settlements: ['prepay', 'escrow'], history: { done: 6, failed: 1, spentMsat: sats(60), tokensPerSecond: 48.2, firstTextMs: 640 } }),
    makeOffer(now, { key: 'own', name: 'My desk', models: ['qwen3:8b', 'llama3.2:3b'], priceMsat: sats(12), pubkey: pubkeyOf('d'), own: true, announcedAt: now - 40_000 }),
    makeOffer(now, { key: 'tower', name: 'Tower of Babel, eleven languages and a rather long name', models: ['mistral-small:24b', 'gemma3:27b', 'qwen3:32b', 'deepseek-r1:14b'], priceMsat: sats(120), pubkey: pubkeyOf('1'), announcedAt: now - 3 * MINUTE, unanswered: true, prices: [{ unit: 'per-1k-output-tokens', msat: sats(40), model: 'qwen3:32b' }] }),
    makeOffer(now, { key: 'main', name: 'Lightning library', models: ['llama3.3:70b'], priceMsat: sats(300), network: 'mainnet', pubkey: pubkeyOf('2'), announcedAt: now - 4 * MINUTE, unavailable: 'It sells on mainnet; you are on regtest. Change the network in Settings.' }),
  ]
  const more = Array.from({ length: 60 }, (_, n) =>
    makeOffer(now, { key: `stall-${n}`, name: `Stall ${n + 1}`, models: [n % 2 ? 'qwen3:8b' : 'llama3.2:3b'], priceMsat: sats(15 + ((n * 7) % 90)), pubkey: (n + 100).toString(16).padStart(64, '3'), announcedAt: now - n * 17_000, dialects: STALL_DIALECTS[n % 3] ?? [], sellerOffers: n % 10 === 4 ? 3 : 1 }),
  )
  return Object.fromEntries([...offers, ...more].map((offer) => [offer.key, offer]))
}

export function makeJob(now: number, change: Partial<JobRow> & { jobId: string }): JobRow {
  return {
    role: 'customer',
    state: 'done',
    final: true,
    peer: pubkeyOf('a'),
    peerName: 'Bluebell',
    dialect: 'souk/1',
    privacy: 'private',
    settlement: 'prepay',
    model: 'llama3.2:3b',
    promptPreview: 'Why is the sky blue?',
    priceMsat: sats(10),
    movedMsat: sats(10),
    feeMsat: ZERO_MSAT,
    createdAt: now - 5 * MINUTE,
    updatedAt: now - 5 * MINUTE + 3_200,
    endedAt: now - 5 * MINUTE + 3_200,
    outputTokens: 154,
    tokensPerSecond: 48.2,
    durationMs: 3_200,
    ...change,
  }
}

export const MARKDOWN_ANSWER = `Sunlight holds every colour. Air scatters the **short waves** far more than the long ones: by the *fourth power* of the frequency.

1. Blue light is scattered towards you from all over the sky.
2. Red light mostly goes straight on, so a low sun looks red.

\`\`\`python
def scattering(wavelength_nm: float) -> float:
    """Relative to red at 700 nm."""
    return (700 / wavelength_nm) ** 4

print(scattering(450))  # 5.86
\`\`\`

| colour | nm | scattered |
|---|---:|---:|
| red | 700 | 1.0 |
| green | 530 | 3.0 |
| blue | 450 | 5.9 |

More at [Rayleigh scattering](https://example.org/rayleigh) and ![a prism](https://example.org/prism.png). The eye does the rest with \`three\` kinds of cones.
`

export function makeTurns(now: number): Turn[] {
  return [
    { jobId: 'job_0123456789abcdef', threadId: 'sky', prompt: 'Why is the sky blue?', answer: MARKDOWN_ANSWER, job: makeJob(now, { jobId: 'job_0123456789abcdef' }), turnsCut: 0 },
    {
      jobId: 'job_1123456789abcdef',
      threadId: 'sky',
      prompt: 'And why is it not violet, then?',
      answer: '',
      job: makeJob(now, { jobId: 'job_1123456789abcdef', state: 'refused', movedMsat: ZERO_MSAT, note: 'The queue is full (4 of 4). Ask again later, or ask another seller.', createdAt: now - 4 * MINUTE, updatedAt: now - 4 * MINUTE }),
      turnsCut: 0,
    },
    {
      jobId: 'job_2123456789abcdef',
      threadId: 'sky',
      prompt: 'And why is it not violet, then?',
      answer: 'Three reasons: the sun sends less violet, the upper air absorbs some of it, and our eyes are less',
      job: makeJob(now, { jobId: 'job_2123456789abcdef', state: 'owed', note: 'Bluebell was paid and went away before the answer was complete. It is recorded as owed to you.', createdAt: now - 3 * MINUTE, updatedAt: now - 3 * MINUTE }),
      turnsCut: 1,
    },
  ]
}

export function makeThreads(now: number): Record<string, Thread> {
  const titles = ['Why is the sky blue?', 'Regular expression for dates', 'A name for a small boat', 'SQL: the newest row of each group', 'Summarise the meeting notes of Tuesday and list what was decided']
  const threads = titles.map((title, n) => ({ threadId: n === 0 ? 'sky' : `thread-${n}`, title, createdAt: now - n * 9 * HOUR - HOUR, updatedAt: now - n * 9 * HOUR - 3 * MINUTE, messages: 3, spentMsat: sats(20 + n) }))
  return Object.fromEntries(threads.map((thread) => [thread.threadId, thread]))
}

export function makeRelay(change: Partial<RelayRow> & { url: string }): RelayRow {
  return { state: 'connected', embedded: false, guest: false, read: true, write: true, received: 0, published: 0, dropped: 0, rejects: [], paceMs: 0, ...change }
}

export function makeRelays(now: number): RelayRow[] {
  return [
    makeRelay({ url: 'ws://127.0.0.1:7447', embedded: true, latencyMs: 2, connectedAt: now - HOUR, received: 812, published: 40, name: 'Souk sandbox', software: 'souk 0.1.0', limits: { maxMessageBytes: 524_288, minPowBits: 0, authRequired: false, paymentRequired: false, restrictedWrites: false } }),
    makeRelay({ url: 'wss://archive.example', write: false, latencyMs: 61, connectedAt: now - 20 * MINUTE, received: 12_408, dropped: 3, name: 'The Archive', software: 'strfry 1.0.4', limits: { maxMessageBytes: 131_072, maxTags: 2_000, minPowBits: 0, authRequired: false, paymentRequired: true, restrictedWrites: true } }),
    makeRelay({ url: 'wss://relay.example', state: 'waiting', problem: 'The relay refused the connection.', nextAttemptAt: now + 9_000 }),
    makeRelay({
      url: 'wss://slow.example/souk',
      latencyMs: 340,
      connectedAt: now - 3 * MINUTE,
      received: 96,
      published: 11,
      paceMs: 2_000,
      clockSkewSecs: 4,
      name: 'Slow and steady',
      description: 'Free for everybody who works for it.',
      software: 'nostr-rs-relay 0.9.0',
      limits: { maxMessageBytes: 65_536, maxContentChars: 16_384, maxTags: 100, minPowBits: 16, authRequired: true, paymentRequired: false, restrictedWrites: false, createdAtUpperSecs: 900 },
      rejects: [
        { at: now - 9_000, message: 'rate-limited: slow down, one event per two seconds', count: 14 },
        { at: now - MINUTE, message: 'pow: 16 bits needed, 12 bits given', count: 1 },
      ],
    }),
    makeRelay({ url: 'wss://sellers.example', guest: true, latencyMs: 88, connectedAt: now - 8_000, received: 4, published: 2 }),
  ]
}

export function makeStates(now: number): FakeStates {
  return {
    ...makeChannelStates(now),
    'app.status': { version: '0.1.0', mode: 'sandbox', network: 'regtest', shell: 'browser', dataFolder: '/home/ada/.local/share/souk', welcomed: true, notices: {} },
    'settings.values': {
      theme: 'system',
      limits: { perJobMsat: sats(200), perDayMsat: sats(5_000), perProviderDayMsat: sats(2_000), newProviderMsat: sats(100), maxPendingMsat: sats(5_000), maxPendingPayments: 100, confirmAboveMsat: sats(500), maxFeePermille: 10, invoiceTimeoutSecs: 20, answerTimeoutSecs: 300, maxTokens: 2_048 },
      relays: [
        { url: 'wss://relay.example', read: true, write: true },
        { url: 'wss://archive.example', read: true, write: false },
        { url: 'wss://slow.example/souk', read: true, write: true },
      ],
      settlement: 'auto',
      trustMsat: sats(20),
      release: 'auto',
      onlyPrivate: false,
      spendingStopped: false,
    },
    'relays.status': { relays: Object.fromEntries(makeRelays(now).map((relay) => [relay.url, relay])) },
    'wallet.status': { kind: 'nwc', network: 'regtest', state: 'ready', alias: 'Sandbox mint', balanceMsat: sats(99_874), availableMsat: sats(99_874), pendingMsat: sats(10), lockedMsat: ZERO_MSAT, lockedForUsMsat: ZERO_MSAT, locks: {}, owedToUsMsat: ZERO_MSAT, owedByUsMsat: ZERO_MSAT, earned: { todayMsat: ZERO_MSAT, totalMsat: sats(40) }, spent: { todayMsat: sats(35), totalMsat: sats(160) }, fees: { todayMsat: ZERO_MSAT, totalMsat: sats(2) }, lost: { todayMsat: ZERO_MSAT, totalMsat: ZERO_MSAT }, spendingStopped: false, reconciledAt: now - 2_000, unexplainedMsat: 0, checkedAt: now - 2_000 },
    'onchain.status': { available: false },
    'walletChoice.status': {
      current: 'sandbox',
      next: { kind: 'sandbox' },
      needs: { protected: false, backedUp: false, limitsSet: false },
      abilities: { alias: 'Sandbox mint', methods: ['get_info', 'get_balance', 'make_invoice', 'pay_invoice', 'lookup_invoice', 'list_transactions', 'make_hold_invoice', 'settle_hold_invoice', 'cancel_hold_invoice'], holdInvoices: true },
    },
    'identity.status': { pubkey: pubkeyOf('d'), npub: 'npub1mhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwamhwsx2h3hj', protection: 'plain', backedUp: false, takesPassphrase: true },
    'backend.status': {
      choice: 'auto',
      active: 'ollama',
      url: 'http://127.0.0.1:11434',
      reachable: true,
      version: '0.12.3',
      models: [
        { name: 'qwen3:8b', sizeBytes: 5_200_000_000, quantization: 'Q4_K_M', parameters: '8.2B', contextTokens: 40_960, digest: pubkeyOf('5') },
        { name: 'llama3.2:3b', sizeBytes: 2_000_000_000, quantization: 'Q4_K_M', parameters: '3.2B', contextTokens: 131_072, digest: pubkeyOf('6') },
      ],
      checkedAt: now - 5_000,
    },
    'provider.status': {
      selling: 'on',
      since: now - 2 * HOUR,
      channelId: pubkeyOf('c'),
      terms: { name: 'My desk', about: '', priceMsat: sats(12), models: [], maxTokens: 1_024, maxPromptBytes: 16_384, concurrency: 1, queueLength: 4, maxOpenPerCustomer: 2, streaming: true, openRequests: true, allowUrlInputs: false, settlements: ['prepay', 'escrow', 'sealed', 'metered'], jobLimitSecs: 600, previewPermille: 300, depositPermille: 0, creditMsat: sats(50), inputPer1kMsat: sats(1), outputPer1kMsat: sats(20), tickTokens: 300, graceSecs: 60, announceEverySecs: 300 },
      offeredModels: ['qwen3:8b', 'llama3.2:3b'],
      dialects: ['souk/1', 'nip90', 'channel'],
      settlements: ['prepay', 'escrow', 'sealed', 'metered'],
      announcedAt: now - 40_000,
      earnings: { today: { earnedMsat: sats(132), jobs: 11 }, week: { earnedMsat: sats(948), jobs: 79 }, total: { earnedMsat: sats(4_212), jobs: 351 } },
      jobs: {
        job_s1: makeJob(now, { jobId: 'job_s1', role: 'provider', state: 'working', final: false, peer: pubkeyOf('7'), promptPreview: 'Write a haiku about rain', createdAt: now - 6_000, outputTokens: 88, tokensPerSecond: 21.5 }),
        job_s2: makeJob(now, { jobId: 'job_s2', role: 'provider', state: 'queued', final: false, peer: pubkeyOf('8'), promptPreview: 'Translate this into Catalan', createdAt: now - 2_000, queuePosition: 1 }),
      },
    },
    'sandbox.status': { role: 'host', relayUrl: 'ws://127.0.0.1:7447', mintPubkey: pubkeyOf('9'), houseSeller: true, faults: { pay: 'ok', hold: 'ok', messages: 'ok', delayMs: 0, down: false } },
    'customer.offers': { offers: makeOffers(now), loaded: true, refused: { 'not-json': 3, 'bad-price': 1 } },
    'customer.threads': { threads: makeThreads(now) },
    'customer.jobs': { jobs: {} },
  }
}
