import { fail, type Result } from '#shared/market/result.ts'

const MAX_BYTES = 20_000_000
/** Larger pictures are drawn smaller: a code fills enough of them to stay readable. */
const MAX_SIDE = 1_600

/** The text of the QR code in a picture. It is read here, in the page, and sent nowhere. Codes: `not-picture`, `too-large`, and those of `readPixels`. */
export async function readQrPicture(picture: Blob): Promise<Result<string>> {
  if (picture.size > MAX_BYTES) return fail('too-large', 'This picture is larger than 20 MB. Take a smaller one, or cut out the code.')
  const pixels = await drawPicture(picture)
  if (pixels === null) return fail('not-picture', 'This is no picture that can be read. Take a PNG or a JPEG.')
  const { readPixels } = await import('./qrPixels.ts')
  return readPixels(pixels)
}

async function drawPicture(picture: Blob): Promise<ImageData | null> {
  try {
    const bitmap = await createImageBitmap(picture)
    const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height))
    const [width, height] = [Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale))]
    const context = new OffscreenCanvas(width, height).getContext('2d')
    if (context === null) return null
    // What is transparent is paper.
    context.fillStyle = '#fff'
    context.fillRect(0, 0, width, height)
    context.drawImage(bitmap, 0, 0, width, height)
    bitmap.close()
    return context.getImageData(0, 0, width, height)
  } catch {
    return null
  }
}
