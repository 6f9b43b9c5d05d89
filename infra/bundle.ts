// How an entry of cloud/entries becomes a Lambda bundle: one ESM file. The stack and `npm run bench -- cloud` both take
// the options from here, so the bench measures the bundles that are deployed.

import { triggers } from '../functions/triggers.ts'

/** The module that is bundled for a trigger, from the project root. */
export const entryOf = (name: string): string => `cloud/entries/${name}.ts`

export const bundleEntries = Object.keys(triggers).map((name) => ({ name, entry: entryOf(name) }))

/** esbuild's options that a bundle needs, under esbuild's own names. */
export const bundleOptions = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  /** The AWS SDK's ES modules: only they can be stripped of what is not called. */
  mainFields: ['module', 'main'],
  charset: 'utf8',
} as const
