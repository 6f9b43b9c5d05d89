// Builds a handler's bundle (infra/bundle.ts) as an asset, by esbuild on this machine, without a container.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AssetHashType } from 'aws-cdk-lib'
import { Code, Runtime } from 'aws-cdk-lib/aws-lambda'
import { buildSync } from 'esbuild'
import { bundleOptions } from './bundle.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

export interface Bundle {
  code: Uint8Array
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
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  const [output] = outputFiles
  if (!output) throw new Error(`esbuild made nothing of ${entry}`)
  const bundle: Bundle = { code: output.contents, inputs: Object.keys(metafile.inputs) }
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
          writeFileSync(join(folder, 'index.mjs'), bundleOf(entry).code)
          return true
        },
      },
    },
  })
}
