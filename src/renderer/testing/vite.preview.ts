/** Serves the page over a scripted engine, to look at its states: `npx vite --config src/renderer/testing/vite.preview.ts`. Never part of a build. */
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  plugins: [react(), tailwindcss()],
  server: { host: '127.0.0.1', port: 5199 },
})
