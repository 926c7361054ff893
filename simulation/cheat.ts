/** A seller that cheats, in every dialect. */
import { msat, sats, type Msat } from '#shared/market/msat.ts'
import { jobIdOf, parseChannelMessage } from '#shared/protocol/channel.ts'
import { envelopeTemplate, isEncrypted, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { feedbackTemplate, hiddenFeedbackTags } from '#shared/protocol/feedback.ts'
import { jobResultTemplate } from '#shared/protocol/jobResult.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'
import { digestText } from '#shared/protocol/privateParts.ts'
import { writePrivateResult } from '#shared/protocol/privateResult.ts'
import { createSeededRandom } from './chance.ts'
import { createStranger, type Stranger, type StrangerOptions } from './stranger.ts'

const LISTING_SECS = 300

/** How it speaks of one job. */
interface Way {
  invoice(bolt11: string, amountMsat: Msat): void
  result(text: string): void
}

/** Offers like everybody else; then asks too much, asks twice, takes the money and is silent, or answers before it is paid. */
export function createCheat(options: StrangerOptions): Stranger {
  const { chance, time } = options
  const channelId = Buffer.from(createSeededRandom(options.seed, 'cheat channel').bytes(32)).toString('hex')
  const priceMsat = sats(7)
  let lastInvoice: string | null = null
  return createStranger('cheat', options, (voice) => {
    const announce = () => {
      time.after(LISTING_SECS * 1_000, announce)
      if (!voice.isActive()) return
      voice.publish(
        listingTemplate(
          { listingId: 'cheat', name: 'Cheat', about: '', picture: '', priceMsat, models: ['sim'], dialects: ['souk/1', 'nip90', 'channel'], capabilities: [], relays: [], network: 'regtest', channelId, sparkAddress: '', intervalSecs: LISTING_SECS },
          voice.nowSecs(),
        ),
      )
    }
    time.after(3_000, announce)

    function hearRequest(event: NostrEvent): void {
      const message = parseChannelMessage(event.content)
      if (!message.ok || message.value.type !== 'JobRequest' || message.value.target_provider !== voice.pubkey) return
      const jobId = jobIdOf(event.id)
      cheat(jobId, {
        invoice: (bolt11, amountMsat) => voice.say(channelId, { type: 'Invoice', job_id: jobId, bolt11, amount_msats: amountMsat }),
        result: (text) => voice.say(channelId, { type: 'JobResult', job_id: jobId, result: text }),
      })
    }

    /** NIP-90 and souk/1: as it was asked, in the clear or hidden; a hidden answer is one of souk/1, or of NIP-90. */
    function hearJob(event: NostrEvent): void {
      const [requestId, customer] = [event.id, event.pubkey]
      const hide = (kind: number, text: string) => void voice.publish(envelopeTemplate({ kind, peer: customer, requestId, ciphertext: voice.hide(customer, text) }, voice.nowSecs()))
      cheat(jobIdOf(requestId), {
        invoice(bolt11, amountMsat) {
          const draft = { requestId, customerPubkey: customer, status: 'payment-required', text: '', invoice: { amountMsat, bolt11 } } as const
          if (isEncrypted(event)) hide(KIND.jobFeedback, writeHiddenTags(hiddenFeedbackTags(draft)))
          else voice.publish(feedbackTemplate(draft, voice.nowSecs()))
        },
        result(text) {
          if (!isEncrypted(event)) voice.publish(jobResultTemplate({ requestId, customerPubkey: customer, text }, voice.nowSecs()))
          else if (chance.happens(0.5)) hide(KIND.textGenerationResult, text)
          else hide(KIND.textGenerationResult, writePrivateResult({ text, sha256: digestText(chance.happens(0.5) ? text : 'Something else.'), usage: null, receipt: null }))
        },
      })
    }

    function cheat(jobId: string, way: Way): void {
      const fair = () => voice.invoice(priceMsat, `Souk ${jobId}`)
      const sendInvoice = (bolt11: string) => {
        lastInvoice = bolt11
        way.invoice(bolt11, priceMsat)
      }
      switch (chance.between(0, 6)) {
        case 0:
          voice.did('asked more than was offered')
          return sendInvoice(voice.invoice(msat(priceMsat + 1), `Souk ${jobId}`))
        case 1:
          voice.did('asked with an invoice used before')
          return sendInvoice(lastInvoice ?? fair())
        case 2:
          voice.did('asked twice for one job')
          sendInvoice(fair())
          return sendInvoice(fair())
        case 3:
          voice.did('answered before it was paid')
          way.result('Too early.')
          return sendInvoice(fair())
        case 4:
          voice.did('answered twice')
          sendInvoice(fair())
          time.after(10_000, () => {
            way.result('One answer.')
            way.result('Another answer.')
          })
          return
        case 5:
          voice.did('asked with what is no invoice')
          return sendInvoice('lnbcrt1nothing')
        default:
          voice.did('took the money and was silent')
          return sendInvoice(fair())
      }
    }

    return {
      filters: [
        { kinds: [KIND.channelMessage], '#e': [channelId] },
        { kinds: [KIND.textGeneration], '#p': [voice.pubkey] },
      ],
      hear: (event) => (event.kind === KIND.textGeneration ? hearJob(event) : hearRequest(event)),
    }
  })
}
