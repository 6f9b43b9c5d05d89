// Holds the quota table of Hebei (《河北省公共机构能耗定额标准》: four indicators, three limits), which is empty, because its
// values are not public to us (docs/rules/quota.md#hebei-quota). Institutions stay unrated until a user imports it.
// Never fill it from Shandong.

import type { Quota } from './quota.ts'

export const QUOTAS_HEBEI: readonly Quota[] = []
