// How a handler becomes a Lambda bundle: one ESM file, with the platform that the `aws` condition chooses. The stack and
// `npm run bench -- cloud` both take it from here, so that what is measured is what is deployed.

import { triggers } from '../functions/triggers.ts'

/** Handler module of each trigger, from the project root. */
export const bundleEntries = Object.keys(triggers).map((name) => ({ name, entry: `functions/${name}.ts` }))

/** esbuild's options that a bundle needs, under esbuild's own names. */
export const bundleOptions = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  /** `#platform` is cloud/platform.ts. */
  conditions: ['aws', 'module'],
  /** The AWS SDK's ES modules: only they can be stripped of what is not called. */
  mainFields: ['module', 'main'],
  charset: 'utf8',
} as const
