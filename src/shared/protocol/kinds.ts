/** Every event kind that Souk writes or reads, and NIP-01's ranges. No kind number stands anywhere else. */
export const KIND = {
  /** NIP-09: deletes own events; with a request's id it cancels the job. */
  deletion: 5,
  /** NIP-28: creates a channel; the event's id is the channel's. */
  channelCreate: 40,
  /** NIP-28: what a channel is called now, by who created it. */
  channelMetadata: 41,
  /** NIP-28: a message in a channel; the channel dialect's only carrier. */
  channelMessage: 42,
  /** NIP-28: its author wants to see a message, or a person's messages, no more. */
  hideMessage: 43,
  muteUser: 44,
  /** NIP-90 text generation: the kind of job that offers and requests name. */
  textGeneration: 5050,
  textGenerationResult: 6050,
  /** NIP-90 job feedback. Stored by relays: never a stream of tokens. */
  jobFeedback: 7000,
  /** NIP-57: asked of a Lightning server, never published; and the server's receipt, which holds it. */
  zapRequest: 9734,
  zapReceipt: 9735,
  /** NIP-51: whom and what its author does not want to see, in public tags and encrypted ones. */
  muteList: 10000,
  /** NIP-65: where its author writes and reads. */
  relayList: 10002,
  /** NIP-47. */
  walletInfo: 13194,
  walletRequest: 23194,
  walletResponse: 23195,
  walletNotification: 23197,
  /** The older form, encrypted with NIP-04. */
  walletNotificationNip04: 23196,
  /** NIP-42. */
  relayAuth: 22242,
  /** Ours: a slice of a private text that is too long for one event. */
  privatePart: 2505,
  /** Ours: what a provider signs for a customer about a job. Never published. */
  receipt: 2506,
  /** Ours: what a customer says of the payment of its job, always encrypted. Stored: a seller that is away reads it later. */
  settlementNote: 2507,
  /** Ours: an encrypted frame of a private stream. */
  privateFrame: 25050,
  /** NIP-89: what a provider offers. Addressable by (pubkey, `d`). */
  listing: 31990,
} as const

export function isReplaceable(kind: number): boolean {
  return kind === 0 || kind === 3 || (kind >= 10_000 && kind < 20_000)
}

/** Ephemeral events are passed on and not stored. */
export function isEphemeral(kind: number): boolean {
  return kind >= 20_000 && kind < 30_000
}

/** Addressable events replace each other by (kind, pubkey, `d`). */
export function isAddressable(kind: number): boolean {
  return kind >= 30_000 && kind < 40_000
}
