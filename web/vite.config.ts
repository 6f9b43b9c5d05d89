// Builds the page into web/dist: `vite build --config web/vite.config.ts`. Paths are relative, so the page may be
// served below any prefix. Chunks follow from what each screen needs: a chunk for each library would load all of it
// with the first screen (test/web/bundle.test.ts).

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022' },
})
