import { useNow } from '#renderer/state/useNow.ts'
import { localTimes } from './localTimes.ts'

/** A sentence of the engine's, with its times as this machine has them. */
export function Words({ text }: { text: string }) {
  return localTimes(text, useNow())
}
