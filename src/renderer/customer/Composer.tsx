import { ArrowUp } from 'lucide-react'
import { useEffect, useId, useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { AskDialog } from './AskDialog.tsx'
import { AskLine } from './AskLine.tsx'
import { askPrivacy } from './askPrivacy.ts'
import { CostLine } from './CostLine.tsx'
import { waitWords } from './liveWords.ts'
import { RefusalNote } from './RefusalNote.tsx'
import { SettlementChoice } from './SettlementChoice.tsx'
import { expectedSettlement } from './settlementChoices.ts'
import { useSettlementWish, useWishes } from './settlementWishes.ts'
import { useAsk } from './useAsk.ts'
import { useDraft } from './useDraft.ts'
import { useEncryption } from './useEncryption.ts'
import { useExpectedOffer } from './useExpectedOffer.ts'
import { useQuote } from './useQuote.ts'

/** As the contract bounds a prompt. */
const MAX_PROMPT_CHARS = 1_048_576

export interface ComposerProps {
  threadId: string | undefined
  /** The job of this thread that is under way: the next question waits for it. */
  busyWith: JobRow | undefined
  onAsked: (threadId: string) => void
  ref?: Ref<ComposerHandle>
}

export interface ComposerHandle {
  /** Puts a question into the field, to be sent or changed. */
  suggest: (text: string) => void
}

/** Where a question is written; around it who answers, how it is paid, who can read it, and what it will cost. */
export function Composer({ threadId, busyWith, onAsked, ref }: ComposerProps) {
  const [draft, setDraft] = useDraft(threadId)
  const selection = useView((view) => view.selection)
  const connected = useConnection() === 'open'
  const loaded = useEngineSlice('customer.offers', (market) => market.loaded) ?? false
  const openDirectory = useView((view) => view.setDirectoryOpen)
  const limitMsat = useView((view) => view.openLimitMsat)
  const maxPriceMsat = selection.by === 'open' ? limitMsat : undefined
  const encryption = useEncryption(selection)
  const wish = useSettlementWish(threadId)
  const expected = useExpectedOffer({ selection, settlement: wish })
  const setWish = useWishes((wishes) => wishes.setWish)
  const giveWishTo = useWishes((wishes) => wishes.giveTo)
  const settings = useEngineSlice('settings.values', (values) => values)
  const [choosing, setChoosing] = useState(false)
  const costId = useId()
  const quoted = useQuote(threadId, { prompt: draft, selection, encrypted: encryption.wish, maxPriceMsat, settlement: wish === 'auto' ? undefined : wish })
  const asking = useAsk((asked) => {
    setDraft('')
    if (threadId === undefined) giveWishTo(asked)
    onAsked(asked)
  })
  const field = useRef<HTMLTextAreaElement>(null)

  const offer: OfferRow | undefined = selection.by === 'open' ? undefined : (quoted.quote?.offer ?? expected)
  // A quote for another question may be of another seller.
  const privacy = askPrivacy(quoted.current && quoted.problem === undefined ? quoted.quote : undefined, offer, selection, encryption.on)
  const refusal = quoted.current ? (quoted.problem?.message ?? quoted.quote?.problem) : undefined
  const settlement = quoted.valid?.settlement ?? expectedSettlement(wish, offer, selection, settings)
  const empty = draft.trim() === ''
  // Nothing is sent before its price and its risk stand on the page.
  const ready = connected && !empty && !asking.busy && busyWith === undefined && refusal === undefined && quoted.valid !== undefined

  // A new thread is for typing, and the first question takes its field away with it. Not on a touch screen: the keyboard
  // would hide what is offered.
  useEffect(() => {
    const focusLost = document.activeElement === document.body
    if ((threadId === undefined || focusLost) && window.matchMedia('(pointer: fine)').matches) field.current?.focus({ preventScroll: true })
  }, [threadId])
  useImperativeHandle(ref, () => ({
    suggest(text) {
      setDraft(text)
      field.current?.focus()
    },
  }))

  const send = async () => {
    if (!ready || quoted.valid === undefined) return
    // What the line above says is kept, whatever the market does meanwhile.
    await asking.ask({ ...quoted.input, private: privacy?.privacy === 'private' }, quoted.valid)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter picks a word: it is no answer to "send?" (229 is what older ones report).
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return
    event.preventDefault()
    void send()
  }

  return (
    <div className="shrink-0 overflow-y-hidden border-t border-line bg-bg px-4 pb-3 pt-2 [scrollbar-gutter:stable]">
      <div className="mx-auto flex w-full max-w-[44rem] flex-col gap-2">
        <AskLine offer={offer} selection={selection} settlement={settlement} loading={!loaded} privacy={privacy} encrypted={encryption.on} onEncrypt={encryption.set}>
          <SettlementChoice
            open={choosing}
            onOpenChange={setChoosing}
            settlement={settlement}
            wish={wish}
            onChoose={(next) => setWish(threadId, next)}
            offer={offer}
            // A question of nothing costs what a short one does.
            input={empty ? { ...quoted.input, prompt: '?' } : quoted.input}
          />
        </AskLine>
        {refusal ? (
          <RefusalNote message={refusal} code={quoted.problem?.code}>
            {quoted.problem?.code === 'customer.settlement-not-possible' ? (
              <Button size="small" onClick={() => setChoosing(true)}>
                Settle it otherwise
              </Button>
            ) : null}
            <Button size="small" onClick={() => openDirectory(true)}>
              Sellers
            </Button>
          </RefusalNote>
        ) : null}
        {asking.problem && !asking.shown ? <ProblemNote level="danger" message={asking.problem.message} /> : null}
        <div className="flex items-end gap-2 rounded-lg border border-line-strong bg-surface p-1.5 focus-within:outline-2 focus-within:outline-offset-1 focus-within:outline-focus">
          <textarea
            ref={field}
            aria-label="Your question"
            aria-describedby={costId}
            placeholder="Ask something"
            rows={1}
            value={draft}
            maxLength={MAX_PROMPT_CHARS}
            onChange={(event) => {
              if (asking.problem) asking.clear()
              setDraft(event.target.value)
            }}
            onKeyDown={onKeyDown}
            className="max-h-[40vh] min-h-8 w-full resize-none bg-transparent px-2 py-1.5 outline-none [field-sizing:content]"
          />
          <IconButton icon={ArrowUp} label={busyWith === undefined ? 'Send' : waitWords(busyWith)} shortcut="Enter" variant="primary" busy={asking.busy} disabled={!ready && !asking.busy} onClick={() => void send()} />
        </div>
        <CostLine id={costId} quoted={quoted} offer={offer} settlement={settlement} waiting={busyWith && waitWords(busyWith)} offline={!connected} />
      </div>
      <AskDialog quote={asking.shown} busy={asking.busy} problem={asking.problem} onConfirm={asking.confirm} onClose={asking.leave} />
    </div>
  )
}
