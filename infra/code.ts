// Builds a handler's bundle (infra/bundle.ts) as an asset, by esbuild on this machine, without a container.

import { readdirSync, writeFileSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AssetHashType } from 'aws-cdk-lib'
import { Code, Runtime } from 'aws-cdk-lib/aws-lambda'
import { buildSync } from 'esbuild'
import { bundleOptions } from './bundle.ts'

const BUNDLE = 'index.mjs'
const ENTRIES = 'cloud/entries'
const root = fileURLToPath(new URL('..', import.meta.url))

export interface Bundle {
  code: Uint8Array
  sourceMap: Uint8Array
  /** Every file of which the bundle has something, from the project root. */
  inputs: readonly string[]
}
let made: ReadonlyMap<string, Bundle> | undefined

/** The bundle of the module at `entry`, a path from the project root. */
export function bundleOf(entry: string): Bundle {
  made ??= bundlesOf(readdirSync(join(root, ENTRIES)).map((name) => `${ENTRIES}/${name}`))
  const bundle = made.get(entry)
  if (!bundle) throw new Error(`esbuild made nothing of ${entry}`)
  return bundle
}

/** The bundle of each entry. Together, since esbuild then reads a file once and not once for each of them. */
export function bundlesOf(entryPoints: string[]): Map<string, Bundle> {
  const { outputFiles, metafile } = buildSync({
    ...bundleOptions,
    mainFields: [...bundleOptions.mainFields],
    absWorkingDir: root,
    entryPoints,
    outdir: '.',
    entryNames: `[name]/${posix.parse(BUNDLE).name}`,
    outExtension: { '.js': posix.parse(BUNDLE).ext },
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  const contents = new Map(outputFiles.map((file) => [relative(root, file.path).replaceAll('\\', '/'), file.contents]))
  return new Map(
    Object.entries(metafile.outputs).flatMap(([path, { entryPoint, inputs }]) => {
      const [code, sourceMap] = [contents.get(path), contents.get(`${path}.map`)]
      if (entryPoint === undefined || !code || !sourceMap) return []
      return [[entryPoint, { code, sourceMap, inputs: Object.keys(inputs) }] as const]
    }),
  )
}

/** The bundle of the module at `entry` as the code of a function, whose handler is `index.handler`. */
export function bundledCode(entry: string): Code {
  return Code.fromAsset(join(root, ENTRIES), {
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
