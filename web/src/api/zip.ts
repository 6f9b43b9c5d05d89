// Packs files into a ZIP. Loaded on demand, since few readers save files.

import { type Zippable, zipSync } from 'fflate'

/** By name, with folders. */
export const zipFiles = (files: Zippable, type: string): Blob =>
  new Blob([zipSync(files, { level: 6 }) as Uint8Array<ArrayBuffer>], { type })
