// Builds the page into web/dist: `vite build --config web/vite.config.ts`. Paths are relative, so the page may be
// served below any prefix. What the first sight needs is one file; the other chunks follow from what each screen needs:
// a chunk for each library would load all of it with the first screen (test/web/bundle.test.ts).

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** A smaller file fits one packet as it is. */
const COMPRESSED_BYTES_MIN = 1_400
/** Nine of eleven: the last two save one hundredth and take ten times as long. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

/** Writes each script, style and page once more, compressed, for hosts that send files as they are. */
const compressed = (): Plugin => ({
  name: 'compressed',
  // After all others: what is compressed is what stands on the disk.
  async writeBundle({ dir = '' }, bundle) {
    for (const fileName of Object.keys(bundle)) {
      const path = join(dir, fileName)
      const source = await readFile(path)
      if (!/\.(?:js|css|html|svg|json)$/.test(fileName) || source.length < COMPRESSED_BYTES_MIN) continue
      await writeFile(`${path}.br`, brotliCompressSync(source, BROTLI))
      await writeFile(`${path}.gz`, gzipSync(source, { level: 9 }))
    }
  },
})

/**
 * Nothing is drawn before the script has run: there is nothing to draw, and the ground would be that of the system
 * where the reader chose another (src/frame/theme.ts). A browser that does not know `blocking` draws that ground.
 */
const drawnAfterScript = (): Plugin => ({
  name: 'drawn-after-script',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
})

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), drawnAfterScript(), compressed()],
  build: {
    ...{ outDir: 'dist', emptyOutDir: true, target: 'es2022' },
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'start', tags: ['$initial'] }] } } },
  },
})
