/** The sections' names and what they are found by. */
export const SECTIONS = [
  { id: 'appearance', title: 'Appearance', words: 'theme light dark system colours look' },
  { id: 'limits', title: 'Limits', words: 'budget spend per job per day seller new provider pending confirm ask fee timeout invoice answer tokens sats money maximum save' },
  { id: 'payments', title: 'Payments', words: 'settlement prepay escrow sealed metered trust release lock hold unlock pay ahead' },
  { id: 'privacy', title: 'Privacy', words: 'private public encrypted who reads open request anyone dialect' },
  { id: 'relays', title: 'Relays', words: 'nostr wss websocket latency address connection add remove embedded read write guest limits refused clock pace' },
  { id: 'channels', title: 'Channels', words: 'join leave create find room nip-28 announcements offers public' },
  { id: 'muted', title: 'Muted sellers', words: 'mute unmute hide hidden block author spam nip-51' },
  { id: 'backend', title: 'Backend', words: 'ollama toy auto model server address port version refresh inference' },
  { id: 'network', title: 'Network and wallet', words: 'sandbox regtest mainnet testnet signet lightning nwc spark play real money mint choose connection string qr scan api key breez budget' },
  { id: 'identity', title: 'Identity and backup', words: 'npub key public phrase seed words reveal backup protection passphrase' },
  { id: 'sandbox', title: 'Sandbox', words: 'mint faults host guest audit play money relay house seller pay fail delay down' },
  { id: 'data', title: 'Data folder', words: 'path store files database where' },
  { id: 'about', title: 'About', words: 'version licence license shortcuts keyboard' },
  { id: 'danger', title: 'Secret key and other identity', words: 'danger export nsec import phrase replace identity secret private key restore' },
] as const

export type SectionId = (typeof SECTIONS)[number]['id']

/** The sections in which every word that is looked for occurs, in their own order; all of them for an empty search. */
export function findSections(search: string): SectionId[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean)
  return SECTIONS.filter(({ title, words }) => {
    const text = `${title} ${words}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  }).map(({ id }) => id)
}
