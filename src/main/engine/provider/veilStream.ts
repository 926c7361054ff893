/** A stream that shows the beginning of what is made, and of the rest only how much there is (PROTOCOL.md §6, `sealed`). */
import { filledBytes, previewLength } from '#shared/market/sealedGoods.ts'
import type { SaleStream } from './dialect.ts'

/**
 * Never more than so many parts per thousand of what was added so far goes into `stream`, and no character cut in two. The rest is
 * counted in whole blocks, and its tokens are not told: the length of each piece, or of a short whole, is as good as the words.
 */
export function veilStream(stream: SaleStream, previewPermille: number): SaleStream {
  let made = ''
  let bytes = 0
  let shown = 0
  return {
    ...stream,
    add(text) {
      made += text
      bytes += Buffer.byteLength(text)
      const length = previewLength(made, previewPermille)
      const piece = made.slice(shown, length)
      shown = Math.max(shown, length)
      bytes -= Buffer.byteLength(piece)
      if (piece !== '') stream.add(piece)
      stream.veil?.(filledBytes(bytes))
    },
    end: () => stream.end(null),
  }
}
