import { useState } from 'react'
import type { Selection } from '#shared/ipc/customer.ts'

export interface Encryption {
  /** Whether the person asked to have it hidden from relays. */
  on: boolean
  /** For the engine: undefined leaves it to choose. */
  wish: true | undefined
  set: (on: boolean) => void
}

/** "Encrypt for this seller": for the seller chosen by name alone, and forgotten with the choice. */
export function useEncryption(selection: Selection): Encryption {
  const [wanted, setWanted] = useState<Selection>()
  const on = wanted === selection
  return { on, wish: on ? true : undefined, set: (next) => setWanted(next ? selection : undefined) }
}
