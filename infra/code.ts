// Builds a handler's bundle (infra/bundle.ts) as an asset, by esbuild on this machine, without a container.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AssetHashType } from 'aws-cdk-lib'
import { Code, Runtime } from 'aws-cdk-lib/aws-lambda'
import { buildSync } from 'esbuild'
import { bundleOptions } from './bundle.ts'

const BUNDLE = 'index.mjs'
const root = fileURLToPath(new URL('..', import.meta.url))

export interface Bundle {
  code: Uint8Array
  sourceMap: Uint8Array
  /** Every bundled file, from the project root. */
  inputs: readonly string[]
}
const made = new Map<string, Bundle>()

/** Bundles the module at `entry`, a path from the project root; only once, however many stacks a process writes. */
export function bundleOf(entry: string): Bundle {
  const known = made.get(entry)
  if (known) return known
  const { outputFiles, metafile } = buildSync({
    ...bundleOptions,
    mainFields: [...bundleOptions.mainFields],
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: BUNDLE,
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  const [sourceMap, output] = outputFiles.toSorted((a, b) => b.path.length - a.path.length)
  if (!output || !sourceMap) throw new Error(`esbuild made nothing of ${entry}`)
  const inputs = Object.keys(metafile.inputs)
  const bundle: Bundle = { code: output.contents, sourceMap: sourceMap.contents, inputs }
  made.set(entry, bundle)
  return bundle
}

/** The bundle of the module at `entry` as the code of a function, whose handler is `index.handler`. */
export function bundledCode(entry: string): Code {
  return Code.fromAsset(join(root, 'cloud', 'entries'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: Runtime.NODEJS_24_X.bundlingImage,
      // No container runs it; it distinguishes the bundles in the CDK's cache.
      command: [entry],
      local: {
        tryBundle(folder) {
          const { code, sourceMap } = bundleOf(entry)
          writeFileSync(join(folder, BUNDLE), code)
          writeFileSync(join(folder, `${BUNDLE}.map`), sourceMap)
          return true
        },
      },
    },
  })
}
