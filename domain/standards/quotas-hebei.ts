// 《河北省公共机构能耗定额标准》 exists, with four indicators and three values, but none of its values is public to us
// (docs/rules/quota.md#hebei-quota). The table stays empty and institutions stay unrated until the user imports it;
// never fill it from Shandong.

import type { Quota } from './quota.ts'

export const QUOTAS_HEBEI: readonly Quota[] = []
