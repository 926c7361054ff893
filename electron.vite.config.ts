import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

const fromRoot = (path: string) => resolve(import.meta.dirname, path)

/** What Node code may leave unbundled: Electron itself, and two optional native parts of `ws` that are not installed. */
const notBundled = ['electron', 'bufferutil', 'utf-8-validate']

/** The library that signs and verifies lies beside the entries: src/main/engine/nostr/secp256k1.ts looks for it there. */
const emitSecp256k1: Plugin = {
  name: 'souk:emit-secp256k1',
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'secp256k1.wasm', source: readFileSync(fromRoot('node_modules/nostr-wasm/public/out/secp256k1.wasm')) })
  },
}

/**
 * `import` reads every export of a module of Node's, and some load large parts of Node when they are read: http's `WebSocket`,
 * crypto's `webcrypto`. Taken by a call instead, only what is named is read.
 */
const takeBuiltinsByCall: Plugin = {
  name: 'souk:take-builtins-by-call',
  renderChunk(code) {
    const taken = code.replaceAll(/^import \{ ([^}]+) \} from "(node:[^"]+)";$/gm, (_, names: string, module: string) => `const { ${names.replaceAll(' as ', ': ')} } = process.getBuiltinModule("${module}");`)
    return { code: taken, map: null }
  },
}

export default defineConfig({
  main: {
    plugins: [emitSecp256k1, takeBuiltinsByCall],
    build: {
      // Everything is bundled: one file opens faster than four hundred, and a packaged app needs no node_modules.
      externalizeDeps: false,
      outDir: 'out/main',
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: {
          desktop: fromRoot('src/main/desktop/main.ts'),
          souk: fromRoot('src/main/headless/cli.ts'),
          // A thread's program is an entry of its own: src/main/engine/nostr/mining/miner.ts looks for it beside the others.
          miningWorker: fromRoot('src/main/engine/nostr/mining/miningWorker.ts'),
          // The same: src/main/engine/wallet/spark/thread.ts. The Spark SDK itself stays a package, beside out/ (electron-builder.yml).
          sparkWorker: fromRoot('src/main/engine/wallet/spark/worker.ts'),
        },
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
      rolldownOptions: { input: { index: fromRoot('src/renderer/index.html'), unlock: fromRoot('src/renderer/unlock.html') } },
    },
  },
})
