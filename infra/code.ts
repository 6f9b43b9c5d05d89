// A handler's bundle (infra/bundle.ts) as an asset. Made by esbuild on this machine: no container is started.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AssetHashType } from 'aws-cdk-lib'
import { Code, Runtime } from 'aws-cdk-lib/aws-lambda'
import { type BuildResult, buildSync } from 'esbuild'
import { bundleOptions } from './bundle.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Bundles the module at `entry`, a path from the project root, into `folder`; tells what went into it. */
export function bundle(entry: string, folder: string): BuildResult<{ metafile: true }> {
  return buildSync({
    ...bundleOptions,
    conditions: [...bundleOptions.conditions],
    mainFields: [...bundleOptions.mainFields],
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(folder, 'index.mjs'),
    metafile: true,
    logLevel: 'warning',
  })
}

/** The bundle of the module at `entry` as the code of a function, whose handler is `index.handler`. */
export function bundledCode(entry: string): Code {
  return Code.fromAsset(join(root, 'functions'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: Runtime.NODEJS_24_X.bundlingImage,
      // Told to no container; it keeps the bundles apart in the CDK's memory of what it has bundled.
      command: [entry],
      local: {
        tryBundle(folder) {
          bundle(entry, folder)
          return true
        },
      },
    },
  })
}
