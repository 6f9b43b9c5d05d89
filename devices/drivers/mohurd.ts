// The driver for collectors of the guideline of 2008 (传输技术导则), which connect to a data centre by themselves: the
// gateway is that centre (docs/rules/devices.md#collectors).

import { type CollectorsOptions, collectorsSchema } from '../collectors/collector.ts'
import { collectorsSource } from '../collectors/server.ts'
import type { Driver } from '../driver.ts'

export const mohurd: Driver<CollectorsOptions> = {
  options: collectorsSchema,
  source: (options, log) => collectorsSource({ ...options, log }),
}
