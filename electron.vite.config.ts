import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { resolve } from 'node:path'

const fromRoot = (path: string) => resolve(import.meta.dirname, path)

/** What Node code may leave unbundled: Electron itself, and two optional native parts of `ws` that are not installed. */
const notBundled = ['electron', 'bufferutil', 'utf-8-validate']

export default defineConfig({
  main: {
    build: {
      // Everything is bundled: one file opens faster than four hundred, and a packaged app needs no node_modules.
      externalizeDeps: false,
      outDir: 'out/main',
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: { desktop: fromRoot('src/main/desktop/main.ts'), souk: fromRoot('src/main/headless/cli.ts') },
        external: notBundled,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false,
      outDir: 'out/preload',
      rolldownOptions: {
        input: { preload: fromRoot('src/main/desktop/preload.ts') },
        external: ['electron'],
        // A sandboxed preload script is one CommonJS file.
        output: { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false },
      },
    },
  },
  renderer: {
    root: fromRoot('src/renderer'),
    // Icons lie beside the page, where the window and the tray find them too.
    publicDir: fromRoot('assets'),
    plugins: [react(), tailwindcss()],
    build: {
      outDir: fromRoot('out/renderer'),
      rolldownOptions: { input: { index: fromRoot('src/renderer/index.html') } },
    },
  },
})
