import { parseLooseObject } from '#shared/protocol/looseJson.ts'
import { parseWireObject } from '#shared/protocol/wireJson.ts'
import { cleanText, isRelayUrl, showableNames } from '#shared/protocol/wireText.ts'
import { channelContents, listingEvents } from '../examples.ts'
import { jsonTarget, textTarget } from '../target.ts'

const listings = listingEvents.map(({ content }) => content)

export const targets = [
  jsonTarget('wireJson.parseWireObject', [...channelContents, ...listings], (text) => parseWireObject(text)),
  jsonTarget('looseJson.parseLooseObject', [...listings, '{"name":"a \\"True\\" b","stream":True,"tools":None,"x":[False,"None"]}'], (text) => parseLooseObject(text, 65_536)),
  // Cleaned text is clean: cleaning it again changes nothing.
  textTarget('wireText.cleanText', ['A seller of answers, from Zürich 🛒', 'one\ttwo\u202ethree'], (text) => cleanText(text, 500), { rewrite: (cleaned) => cleaned }),
  textTarget('wireText.isRelayUrl', ['wss://relay.example/path?x=1', 'ws://127.0.0.1:7777'], isRelayUrl),
  textTarget('wireText.showableNames', ['llama3.2,qwen3:30b,,llama3.2', 'a b,c'], (text) => showableNames(text.split(','), 200), { rewrite: (names) => names.join(',') }),
]
