// Assigns institutions to the categories of the statistics system: their codes and the ten columns of the summaries
// (docs/rules/report.md#categories).

import type { Phrase } from '../../phrase.ts'
import type { Institution } from '../../registry/records.ts'

/** Codes of institutions: 国家机关, 事业单位 by branch, 团体组织. */
export const CATEGORY_CODES = ['01', '021', '022', '023', '024', '025', '026', '03'] as const
export type CategoryCode = (typeof CATEGORY_CODES)[number]

interface SummaryColumn {
  name: Phrase
  /** The categories that the column adds; null: every institution, with a category or without. */
  categories: readonly CategoryCode[] | null
}
/** The ten columns of NY301 to NY303, in their order. */
export const SUMMARY_COLUMNS = {
  S001: { name: { zh: '合计', en: 'Total' }, categories: null },
  S002: { name: { zh: '国家机关', en: 'State organs' }, categories: ['01'] },
  S003: {
    name: { zh: '事业单位小计', en: 'Public service units' },
    categories: ['021', '022', '023', '024', '025', '026'],
  },
  S004: { name: { zh: '教育', en: 'Education' }, categories: ['021'] },
  S005: { name: { zh: '科技', en: 'Science' }, categories: ['022'] },
  S006: { name: { zh: '文化', en: 'Culture' }, categories: ['023'] },
  S007: { name: { zh: '卫生', en: 'Health' }, categories: ['024'] },
  S008: { name: { zh: '体育', en: 'Sport' }, categories: ['025'] },
  S009: { name: { zh: '其他', en: 'Other' }, categories: ['026'] },
  S010: { name: { zh: '团体组织', en: 'Social organisations' }, categories: ['03'] },
} as const satisfies Record<string, SummaryColumn>
export type SummaryColumnId = keyof typeof SUMMARY_COLUMNS

const BY_TYPE: Partial<Record<Institution['type'], CategoryCode>> = {
  government: '01',
  education: '021',
  research: '022',
  healthcare: '024',
}
const BY_VENUE: Partial<Record<NonNullable<Institution['venueKind']>, CategoryCode>> = {
  library: '023',
  museum: '023',
  theatre: '023',
  stadium: '025',
}

/** The category that follows from the registered type; null: none follows, a person enters `NY101_category`. */
export const categoryOf = ({ type, venueKind }: Pick<Institution, 'type' | 'venueKind'>): CategoryCode | null =>
  BY_TYPE[type] ?? (venueKind && BY_VENUE[venueKind]) ?? null

/** The columns in which an institution of a category counts. */
export const columnsOfCategory = (category: string | null): SummaryColumnId[] =>
  Object.entries(SUMMARY_COLUMNS).flatMap(([id, { categories }]) =>
    categories === null || categories.some((code) => code === category) ? [id as SummaryColumnId] : [],
  )
