import { chromium } from '@playwright/test'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBrowser } from './browser.mjs'

// Renders assets/*.svg to the sizes that Electron and electron-builder read. Run it after changing a drawing; the results are committed.
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const assets = join(root, 'assets')
const saffron = '#f0a92b'

const renderings = [
  { drawing: 'icon.svg', file: 'icon.png', size: 1024 },
  { drawing: 'icon.svg', file: 'icon-512.png', size: 512 },
  // macOS colours a template image itself; elsewhere the tray shows it as it is.
  { drawing: 'tray.svg', file: 'trayTemplate.png', size: 16 },
  { drawing: 'tray.svg', file: 'trayTemplate@2x.png', size: 32 },
  { drawing: 'tray.svg', file: 'tray.png', size: 32, colour: saffron },
]

const browser = findBrowser(root)
if (browser === undefined) throw new Error('No Chromium could be had to draw with. Name one in SOUK_CHROMIUM.')
const { executablePath } = browser
const isRoot = process.getuid?.() === 0
const chrome = await chromium.launch({ chromiumSandbox: !isRoot, ...(executablePath === undefined ? {} : { executablePath }) })
try {
  for (const { drawing, file, size, colour } of renderings) {
    const page = await chrome.newPage({ viewport: { width: size, height: size } })
    const svg = readFileSync(join(assets, drawing), 'utf8').replaceAll('#000000', colour ?? '#000000')
    await page.setContent(`<style>html, body { margin: 0; background: transparent } svg { display: block; width: ${size}px; height: ${size}px }</style>${svg}`)
    writeFileSync(join(assets, file), await page.screenshot({ omitBackground: true }))
    await page.close()
  }
} finally {
  await chrome.close()
}
