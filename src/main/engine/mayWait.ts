/**
 * Which transitions need not be on disk before what is due after them runs. They are in the store's log all the same, in their place,
 * which a crash of the process leaves as it is; a machine that loses its power may lose them, with all that came after. So one
 * waits for the next transition that does not (`Durability`) only where both hold:
 *
 * - What it says is found out or done again, as it was, and nobody was told that it is known. `sent`: it goes out again, made of the
 *   state and dated by it, as after a crash between publishing and storing. `paymentClaimed`: never believed. `paid`, `lockAccepted`:
 *   one's own wallet says so again when it is asked, as it is of all that is open after a start. `generated`: made again.
 *   `requested`: its customer has heard nothing, and asks again.
 * - Nothing new follows from it but an effect that stores an event of its own before anybody hears of it: `work` stores `workBegun`
 *   before it asks the model, `seal` stores what it sealed before that is sent, `makeInvoice` what the wallet made. And no work is
 *   under way that goes on with it.
 *
 * What moves money, is promised to anybody or is streamed waits for the disk.
 */
interface Due {
  readonly key: string
  readonly type: string
}
interface Happened {
  readonly type: string
}

const FOUND_AGAIN: ReadonlySet<string> = new Set(['requested', 'sent', 'paymentClaimed', 'paid', 'lockAccepted', 'generated'])
const STORES_FIRST: ReadonlySet<string> = new Set(['wake', 'work', 'seal', 'makeInvoice'])

export function saleMayWait(events: readonly Happened[], dueBefore: readonly Due[], dueAfter: readonly Due[]): boolean {
  if (!events.every(({ type }) => FOUND_AGAIN.has(type))) return false
  const goesOn = dueBefore.some(({ type }) => type === 'work') && dueAfter.some(({ type }) => type === 'work')
  return !goesOn && isNothingNewDue(dueBefore, dueAfter)
}

/** On the customer's side: what it had to say went out, and goes out again. */
export function purchaseMayWait(events: readonly Happened[], dueBefore: readonly Due[], dueAfter: readonly Due[]): boolean {
  return events.every(({ type }) => type === 'sent') && isNothingNewDue(dueBefore, dueAfter)
}

function isNothingNewDue(dueBefore: readonly Due[], dueAfter: readonly Due[]): boolean {
  const known = new Set(dueBefore.map(({ key }) => key))
  return dueAfter.every(({ key, type }) => STORES_FIRST.has(type) || known.has(key))
}
