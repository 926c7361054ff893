import type { NostrEvent } from '#shared/protocol/event.ts'
import { frameTemplate, writeFrame, type Frame, type FrameAddress } from '#shared/protocol/frames.ts'
import type { Clock } from '../ports.ts'
import type { Cipher } from './cipher.ts'
import type { Signer } from './signer.ts'

export interface FrameAuthor {
  readonly signer: Signer
  /** Of the signer's own key. */
  readonly cipher: Pick<Cipher, 'encrypt'>
}

/** One private frame (PROTOCOL.md §5), encrypted, dated now and signed; null when the peer's key is none. */
export function signFrame({ signer, cipher }: FrameAuthor, clock: Clock, frame: Frame, to: FrameAddress): NostrEvent | null {
  const sealed = cipher.encrypt(to.peer, writeFrame(frame))
  return sealed.ok ? signer.sign(frameTemplate(to, sealed.value, Math.floor(clock.now() / 1_000))) : null
}
