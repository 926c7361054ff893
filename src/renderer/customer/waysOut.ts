/** What mends a refusal, as the engine's own sentence names it. */
export type WayOut = 'public-questions' | 'limits' | 'settings' | 'wallet'

export function waysOut(message: string, code: string | undefined): readonly WayOut[] {
  return [
    ...(code === 'customer.only-private' ? ['public-questions' as const] : []),
    ...(message.includes('in Settings') ? [message.includes('your limit') ? ('limits' as const) : ('settings' as const)] : []),
    ...(message.includes('Receive some') ? ['wallet' as const] : []),
  ]
}
