// Translates the Chinese words of registry files to the values of closed lists, besides the schemas' English values.

import { DUAL_CONTROL, QUOTA } from '../indicator.ts'
import { CARRIERS, MEDIA } from '../medium.ts'

const words = (table: Record<string, string>): ReadonlyMap<string, string> => new Map(Object.entries(table))

const INSTITUTION_TYPE_WORDS = words({
  党政机关: 'government',
  教育: 'education',
  医疗: 'healthcare',
  场馆: 'venue',
  政务服务中心: 'serviceCentre',
  科研: 'research',
  其他: 'other',
})
const INSTITUTION_LEVEL_WORDS = words({
  省级: 'provincial',
  市级: 'municipal',
  县级: 'county',
  三级: 'tertiary',
  二级: 'secondary',
  一级: 'primary',
})
const VENUE_WORDS = words({
  图书馆: 'library',
  博物馆: 'museum',
  剧院: 'theatre',
  体育场馆: 'stadium',
  科技馆: 'scienceMuseum',
})
const HEATING_WORDS = words({
  '市政集中供暖（按热计量）': 'districtHeatMetered',
  空调供暖: 'airConditioning',
  燃气或燃油: 'gasOrOil',
  无: 'none',
})

/** Units as people write them. 吨 is not here: of water it is m3, of a fuel t. */
const UNIT_WORDS = words({ 度: 'kWh', 千瓦时: 'kWh', 兆瓦时: 'MWh', 立方米: 'm3', 方: 'm3', '㎥': 'm3', 吉焦: 'GJ' })

const CERTAINTY_WORDS = words({
  官方: 'official',
  转载: 'secondary',
  推算: 'derived',
  记忆: 'recalled',
  用户提供: 'supplied',
})
/** The words of a table's rows. */
const wordsOf = <Table extends Readonly<Record<string, { words: readonly string[] }>>>(table: Table) =>
  new Map(Object.entries(table).flatMap(([key, row]) => row.words.map((word): [string, string] => [word, key])))
const MEDIUM_WORDS = new Map(MEDIA.map((medium): [string, string] => [CARRIERS[medium].words[0], medium]))
const CARRIER_WORDS = wordsOf(CARRIERS)

/**
 * Chinese words for the values of closed lists, by file and field. Other words pass unchanged, and the schema checks
 * them.
 */
export const VALUE_WORDS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ['areas.level', words({ 省级: 'province', 市级: 'city', 县级: 'county' })],
  ['institutions.type', INSTITUTION_TYPE_WORDS],
  ['institutions.level', INSTITUTION_LEVEL_WORDS],
  ['institutions.venueKind', VENUE_WORDS],
  ['institutions.heatingKind', HEATING_WORDS],
  ['quotas.type', INSTITUTION_TYPE_WORDS],
  ['quotas.level', INSTITUTION_LEVEL_WORDS],
  ['quotas.venueKind', VENUE_WORDS],
  ['quotas.heatingKind', HEATING_WORDS],
  ['quotas.indicator', wordsOf(QUOTA)],
  ['meters.medium', MEDIUM_WORDS],
  ['tariffs.medium', MEDIUM_WORDS],
  [
    'tariffs.name',
    words({
      尖峰: 'sharp',
      高峰: 'peak',
      峰: 'peak',
      平段: 'flat',
      平: 'flat',
      低谷: 'valley',
      谷: 'valley',
      深谷: 'deepValley',
    }),
  ],
  ['tariffs.holidays', words({ 是: 'all', 全部: 'all', 节假日: 'all', true: 'all', 1: 'all' })],
  ['tariffs.ladder', words({ 月: 'monthly', 按月: 'monthly', 年: 'yearly', 按年: 'yearly' })],
  ['bills.carrier', CARRIER_WORDS],
  [
    'bills.purpose',
    words({ 供暖: 'heating', 采暖: 'heating', 公务用车: 'transport', 交通: 'transport', 特殊功能: 'special' }),
  ],
  [
    'bills.unit',
    words({
      千瓦时: 'kWh',
      度: 'kWh',
      吉焦: 'GJ',
      立方米: 'm³',
      千克: 'kg',
      公斤: 'kg',
      吨: 't',
      升: 'L',
      平方米: 'm²',
      '㎡': 'm²',
    }),
  ],
  ['calendar.kind', words({ 工作日: 'workday', 调休: 'workday', 上班: 'workday', 节假日: 'holiday', 放假: 'holiday' })],
  ['meters.role', words({ 总表: 'main', 分表: 'sub', 校核表: 'check', 发电: 'generation', 扣减: 'exclude' })],
  ['meters.kind', words({ 累计值: 'register', 时段值: 'interval', 虚拟表: 'virtual', 线下表: 'offline' })],
  ['meters.unit', UNIT_WORDS],
  ['meters.stamp', words({ 起: 'start', 止: 'end' })],
  ['targets.indicator', wordsOf(DUAL_CONTROL)],
  ['targets.plan', words({ 十四五: 'fyp14', 十五五: 'fyp15' })],
  ['targets.path', words({ 线性: 'linear', 等比: 'compound' })],
  ['coefficients.purpose', words({ 统计: 'statistics', 定额: 'quota' })],
  ['coefficients.carrier', CARRIER_WORDS],
  ['co2Factors.medium', MEDIUM_WORDS],
  ['fuelFactors.carrier', CARRIER_WORDS],
  ['eueQuotas.type', INSTITUTION_TYPE_WORDS],
  ['keyEnergyUsers.type', INSTITUTION_TYPE_WORDS],
  ['rankingRules.ratingAtWorst', words({ 先进: 'advanced', 合理: 'reasonable', 达标: 'compliant', 需整改: 'rectify' })],
  [
    'reportDeadlines.period',
    words({ 月度: 'month', 月: 'month', 季度: 'quarter', 季: 'quarter', 年度: 'year', 年: 'year' }),
  ],
  ...[
    'quotas',
    'coefficients',
    'co2Factors',
    'fuelFactors',
    'adoptions',
    'pueGrades',
    'eueQuotas',
    'demonstrationLadders',
    'keyEnergyUsers',
    'rankingRules',
    'reportDeadlines',
  ].map((kind): [string, ReadonlyMap<string, string>] => [`${kind}.certainty`, CERTAINTY_WORDS]),
])
