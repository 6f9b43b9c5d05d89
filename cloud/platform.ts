// The place of the platform on AWS, chosen by the import condition `aws` (package.json, `#platform`). It is not part
// of this release: asking for it fails at once and says so, instead of pretending.

import type { Platform } from '../functions/platform.ts'

export function platform(): Platform {
  throw new Error('The AWS platform is not part of this release of Kilowatch; run it on one machine with "npm start".')
}
