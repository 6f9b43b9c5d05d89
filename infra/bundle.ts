// Options that bundle an entry of cloud/entries into one ESM file for Lambda. The stack and `npm run bench -- cloud`
// share them, so the bench measures the deployed bundles.

import { triggers } from '../functions/triggers.ts'

/** The entry module of a trigger, from the project root. */
export const entryOf = (name: string): string => `cloud/entries/${name}.ts`

export const bundleEntries = Object.keys(triggers).map((name) => ({ name, entry: entryOf(name) }))

/** Options of esbuild, under esbuild's own names. */
export const bundleOptions = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  /** The AWS SDK's ES modules: only from these can esbuild remove unused code. */
  mainFields: ['module', 'main'],
  charset: 'utf8',
  /** A map beside the bundle, by which stack traces name our files; without the sources, which it would double. */
  sourcemap: 'linked',
  sourcesContent: false,
} as const
