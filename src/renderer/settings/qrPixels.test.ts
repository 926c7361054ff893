import makeQrCode from 'qrcode-generator'
import { describe, expect, it } from 'vitest'
import { readPixels, type Pixels } from './qrPixels.ts'

const SCALE = 4
const QUIET = 4

/** A drawn code, as a picture of it would be. */
function draw(text: string): Pixels {
  const code = makeQrCode(0, 'M')
  code.addData(text)
  code.make()
  const modules = code.getModuleCount()
  const side = (modules + 2 * QUIET) * SCALE
  const data = new Uint8ClampedArray(side * side * 4).fill(255)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [row, column] = [Math.floor(y / SCALE) - QUIET, Math.floor(x / SCALE) - QUIET]
      const isInside = row >= 0 && column >= 0 && row < modules && column < modules
      if (isInside && code.isDark(row, column)) data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3)
    }
  }
  return { width: side, height: side, data }
}

describe('the QR code in a picture', () => {
  it('is read as it was written', () => {
    const connection = `nostr+walletconnect://${'ab'.repeat(32)}?relay=wss%3A%2F%2Frelay.example&secret=${'cd'.repeat(32)}`
    expect(readPixels(draw(connection))).toEqual({ ok: true, value: connection })
  })

  it('is missed with a sentence where there is none', () => {
    const empty = { width: 64, height: 64, data: new Uint8ClampedArray(64 * 64 * 4).fill(255) }
    expect(readPixels(empty)).toMatchObject({ ok: false, error: { code: 'no-code' } })
    expect(readPixels({ width: 0, height: 0, data: new Uint8ClampedArray(0) })).toMatchObject({ ok: false })
    expect(readPixels({ ...empty, width: 400 })).toMatchObject({ ok: false })
  })

  it('is refused half', () => {
    const { width, height, data } = draw('a text that is long enough to be cut in two halves')
    expect(readPixels({ width, height, data: data.fill(255, data.length / 2) })).toMatchObject({ ok: false })
  })
})
