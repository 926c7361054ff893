import makeQrCode from 'qrcode-generator'
import { useMemo } from 'react'

const QUIET_ZONE = 4

/** A QR code as one path, black on white in both themes: scanners want it so. */
export function QrCode({ text, label, size = 232 }: { text: string; label: string; size?: number }) {
  const { path, extent } = useMemo(() => drawCode(text), [text])
  return (
    <figure aria-label={label} className="w-fit">
      <svg aria-hidden width={size} height={size} viewBox={`0 0 ${extent} ${extent}`} shapeRendering="crispEdges" className="h-auto max-w-full rounded-lg bg-white">
        <path d={path} fill="#000" />
      </svg>
    </figure>
  )
}

function drawCode(text: string): { path: string; extent: number } {
  const code = makeQrCode(0, 'M')
  code.addData(text)
  code.make()
  const modules = code.getModuleCount()
  let path = ''
  for (let row = 0; row < modules; row++) {
    for (let column = 0; column < modules; column++) {
      if (code.isDark(row, column)) path += `M${column + QUIET_ZONE} ${row + QUIET_ZONE}h1v1h-1z`
    }
  }
  return { path, extent: modules + 2 * QUIET_ZONE }
}
