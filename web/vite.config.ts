// Builds the page into web/dist: `vite build --config web/vite.config.ts`. Paths are relative, so the page may be
// served below any prefix. The libraries are cut into chunks of their own: they change less often than the page does.

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Else a group also holds what its modules share with others, and the first screen loads all of it.
          includeDependenciesRecursively: false,
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'zrender', test: /node_modules\/zrender\// },
            { name: 'echarts', test: /node_modules\/echarts\// },
          ],
        },
      },
    },
  },
})
