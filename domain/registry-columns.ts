// The columns of the registry files (design §2): field, Chinese headers, how a cell reads. What is required, the schemas say.
// The Chinese headers are those people here use; official forms bring their own template (facts §2.2).

/** In the order in which records refer to one another. */
export const REGISTRY_KINDS = [
  'areas',
  'institutions',
  'gateways',
  'meters',
  'targets',
  'quotas',
  'tariffs',
  'bills',
] as const
export type RegistryKind = (typeof REGISTRY_KINDS)[number]

export type CellType = 'text' | 'number' | 'flag' | 'replacements' | 'years' | 'formula' | 'months'

export interface Column {
  /** The field of the schema. */
  name: string
  /** Chinese headers that mean the same. */
  aliases: readonly string[]
  type: CellType
}

const column =
  (type: CellType) =>
  (name: string, ...aliases: string[]): Column => ({ name, aliases, type })
const text = column('text')
const number = column('number')
const flag = column('flag')

export const COLUMNS: Readonly<Record<RegistryKind, readonly Column[]>> = {
  areas: [
    text('code', '行政区划代码', '区划代码'),
    text('name', '名称', '区域名称', '行政区划名称'),
    text('nameEn', '英文名称'),
    text('level', '级别', '行政级别'),
    text('parent', '上级代码', '上级区划代码'),
  ],
  institutions: [
    text('id', '机构编码'),
    text('name', '机构名称', '名称'),
    text('nameEn', '英文名称'),
    text('area', '行政区划代码', '所属区划'),
    text('type', '机构类型'),
    text('venueKind', '场馆类型'),
    text('level', '机构级别', '级别'),
    text('climateZone', '气候区划', '气候分区'),
    text('heatingKind', '供暖方式', '采暖方式'),
    text('creditCode', '统一社会信用代码'),
    text('validFrom', '生效日期', '起始日期'),
    number('floorAreaM2', '建筑面积', '建筑面积(m²)', '建筑面积（m²）', '建筑面积(㎡)', '建筑面积（㎡）'),
    number('heatedAreaM2', '采暖建筑面积', '采暖面积', '供暖面积'),
    number('specialAreaM2', '特殊功能面积', '特殊功能区面积'),
    number('energyUsers', '用能人数'),
  ],
  gateways: [
    text('id', '网关编号', '网关编码', '采集器编号'),
    text('institution', '机构编码', '所属机构'),
    text('name', '网关名称', '名称'),
    text('password', '密码', '口令'),
  ],
  meters: [
    text('id', '表计编号', '表计编码', '表号'),
    text('institution', '机构编码', '所属机构'),
    text('gateway', '网关编号', '网关编码', '采集器编号'),
    text('name', '表计名称', '名称'),
    text('medium', '能源种类', '介质'),
    text('purpose', '分项编码', '分项'),
    text('role', '角色', '计量角色'),
    text('parent', '上级表计', '上级表计编号'),
    text('kind', '读数方式', '表计类型'),
    column('formula')('formula', '计算公式', '公式'),
    text('unit', '单位', '计量单位'),
    number('resolution', '分辨率', '分度值'),
    number('digits', '整数位数', '位数'),
    number('multiplier', '倍率'),
    number('intervalMinutes', '采集间隔', '采集间隔(分钟)', '采集间隔（分钟）'),
    text('stamp', '时标'),
    column('replacements')('replacements', '换表记录'),
  ],
  targets: [
    text('subject', '对象编码', '考核对象'),
    text('indicator', '指标'),
    number('baseYear', '基期', '基期年', '基准年'),
    number('endYear', '目标年', '期末年'),
    number('baseValue', '基期值'),
    number('cap', '总量控制目标', '控制目标'),
    number('reductionPct', '下降率', '下降率(%)', '下降率（%）'),
    text('path', '分解方式'),
    column('years')('years', '分年目标'),
    text('source', '依据', '来源'),
    flag('standIn', '替代值', '暂用值'),
  ],
  quotas: [
    text('standard', '标准', '标准编号'),
    text('type', '机构类型'),
    text('venueKind', '场馆类型'),
    text('level', '机构级别', '级别'),
    text('climateZone', '气候区划', '气候分区'),
    text('heatingKind', '供暖方式', '采暖方式'),
    text('indicator', '指标'),
    number('constraint', '约束值'),
    number('benchmark', '基准值'),
    number('guide', '引导值'),
    text('validFrom', '生效日期', '起始日期'),
    text('validTo', '失效日期', '终止日期'),
    text('source', '依据', '来源'),
    flag('standIn', '替代值', '暂用值'),
  ],
  tariffs: [
    text('subject', '对象编码', '适用对象'),
    text('medium', '能源种类', '介质'),
    text('validFrom', '生效日期', '起始日期'),
    text('validTo', '失效日期', '终止日期'),
    text('name', '时段', '时段名称'),
    number('fromHour', '开始小时', '起始时'),
    number('toHour', '结束小时', '终止时'),
    column('months')('months', '月份', '适用月份'),
    number('yuanPerUnit', '单价', '单价(元)', '单价（元）', '电价'),
    text('source', '依据', '来源'),
    flag('standIn', '替代值', '暂用值'),
  ],
  bills: [
    text('institution', '机构编码', '所属机构'),
    text('meter', '表计编号', '表计编码', '表号'),
    text('carrier', '能源资源种类', '能源种类'),
    text('purpose', '用途'),
    text('month', '月份', '账期'),
    number('quantity', '数量', '消费量', '用量'),
    text('unit', '单位', '计量单位'),
    number('costYuan', '费用', '费用(元)', '费用（元）', '金额'),
    text('source', '票据号', '依据', '来源'),
  ],
}

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

const MEDIUM_WORDS = words({ 电: 'electricity', 水: 'water', 热力: 'heat', 天然气: 'gas' })

/** Chinese words for the values of closed lists, by file and field. Another word passes as it is, for the schema to judge. */
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
  [
    'quotas.indicator',
    words({
      单位采暖建筑面积供暖能耗: 'heatingPerArea',
      单位建筑面积非供暖能耗: 'nonHeatingPerArea',
      人均综合能耗: 'energyPerCapita',
      人均用水量: 'waterPerCapita',
    }),
  ],
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
  [
    'bills.carrier',
    words({
      电: 'electricity',
      热力: 'heat',
      '热力（按热量收费）': 'heat',
      '热力（按面积收费）': 'heatByArea',
      天然气: 'gas',
      煤: 'rawCoal',
      煤炭: 'rawCoal',
      原煤: 'rawCoal',
      汽油: 'petrol',
      煤油: 'kerosene',
      柴油: 'diesel',
      液化石油气: 'lpg',
      水: 'water',
    }),
  ],
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
      平方米: 'm²',
      '㎡': 'm²',
    }),
  ],
  ['meters.role', words({ 总表: 'main', 分表: 'sub', 校核表: 'check', 发电: 'generation', 扣减: 'exclude' })],
  ['meters.kind', words({ 累计值: 'register', 时段值: 'interval', 虚拟表: 'virtual', 线下表: 'offline' })],
  ['meters.stamp', words({ 起: 'start', 止: 'end' })],
  [
    'targets.indicator',
    words({
      能源消费总量: 'energy',
      用水总量: 'water',
      碳排放总量: 'co2',
      单位建筑面积能耗: 'energyPerArea',
      人均综合能耗: 'energyPerCapita',
      人均用水量: 'waterPerCapita',
      单位建筑面积碳排放: 'co2PerArea',
    }),
  ],
  ['targets.path', words({ 线性: 'linear', 等比: 'compound' })],
])
