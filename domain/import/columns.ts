// Defines the columns of the registry files (docs/rules/interfaces.md#registry-files): field, Chinese headers, type of
// cell. The schemas decide which columns are required. The Chinese headers are the usual ones; official forms have
// their own template (docs/rules/data.md#statistics-forms).

import type { RegistryKind } from './registry.ts'

export type CellType =
  | 'text'
  | 'texts'
  | 'number'
  | 'numbers'
  | 'flag'
  | 'replacements'
  | 'years'
  | 'formula'
  | 'months'
  | 'hour'
  | 'steps'

export interface Column {
  /** The field of the schema. */
  name: string
  /** Chinese headers with the same meaning. */
  aliases: readonly string[]
  type: CellType
}

const column =
  (type: CellType) =>
  (name: string, ...aliases: string[]): Column => ({ name, aliases, type })
const text = column('text')
const number = column('number')
const flag = column('flag')
/** The columns that every table has. */
const dated = [
  text('validFrom', '生效日期', '起始日期'),
  text('validTo', '失效日期', '终止日期'),
  text('source', '依据', '来源'),
  text('certainty', '可信度'),
  flag('standIn', '替代值', '暂用值'),
]
const factor = [
  text('series', '因子系列'),
  number('dataYear', '数据年份'),
  text('area', '行政区划代码', '区划代码'),
  text('areaName', '区域名称', '名称'),
  text('publisher', '发布机构'),
  text('notice', '公告', '公告号'),
  number('value', '排放因子'),
  text('unit', '单位'),
  ...dated,
]

export const COLUMNS: Readonly<Record<RegistryKind, readonly Column[]>> = {
  areas: [
    text('code', '行政区划代码', '区划代码'),
    text('name', '名称', '区域名称', '行政区划名称'),
    text('nameEn', '英文名称'),
    text('level', '级别', '行政级别'),
    text('parent', '上级代码', '上级区划代码'),
    number('latitudeDeg', '纬度'),
    number('longitudeDeg', '经度'),
    text('climateZone', '气候区划', '气候分区'),
    text('validFrom', '生效日期', '起始日期'),
    text('validTo', '失效日期', '终止日期'),
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
    column('texts')('pueTotal', 'PUE总电量表计'),
    column('texts')('pueIt', 'PUE信息设备表计'),
    column('texts')('eueTotal', 'EUE总电量表计'),
    column('texts')('eueIt', 'EUE信息设备表计'),
    text('openedOn', '启用日期', '成立日期'),
    text('validFrom', '生效日期', '起始日期'),
    text('validTo', '失效日期', '终止日期'),
    number('floorAreaM2', '建筑面积', '建筑面积(m²)', '建筑面积（m²）', '建筑面积(㎡)', '建筑面积（㎡）'),
    number('heatedAreaM2', '采暖建筑面积', '采暖面积', '供暖面积'),
    number('specialAreaM2', '特殊功能面积', '特殊功能区面积'),
    number('energyUsers', '用能人数'),
  ],
  gateways: [
    text('id', '网关编号', '网关编码', '采集器编号'),
    text('institution', '机构编码', '所属机构'),
    text('name', '网关名称', '名称'),
    number('uploadMinutes', '上报间隔', '上报间隔(分钟)', '上报间隔（分钟）'),
    text('password', '密码', '口令'),
    text('mapping', '报文映射'),
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
    number('capacityKva', '变压器容量', '计费容量', '受电容量'),
    number('demandKw', '合同需量', '核定需量', '合同最大需量'),
    number('intervalMinutes', '采集间隔', '采集间隔(分钟)', '采集间隔（分钟）'),
    text('stamp', '时标'),
    text('direction', '计量方向'),
    number('ratedMaxPerHour', '额定最大小时用量', '每小时最大用量'),
    column('replacements')('replacements', '换表记录'),
    text('validFrom', '生效日期', '起始日期'),
    text('validTo', '失效日期', '终止日期'),
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
    text('factorMonth', '因子月份'),
    text('plan', '采用规划', '规划'),
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
    ...dated,
  ],
  tariffs: [
    text('subject', '对象编码', '适用对象'),
    text('medium', '能源种类', '介质'),
    text('validFrom', '生效日期', '起始日期'),
    text('validTo', '失效日期', '终止日期'),
    text('name', '时段', '时段名称'),
    column('hour')('fromHour', '开始小时', '起始时', '开始时间', '起始时间'),
    column('hour')('toHour', '结束小时', '终止时', '结束时间', '终止时间'),
    column('months')('months', '月份', '适用月份'),
    column('texts')('holidays', '节假日', '适用节假日'),
    number('aboveAmount', '阶梯起点', '阶梯下限', '阶梯起始量'),
    number('yuanPerUnit', '单价', '单价(元)', '单价（元）', '电价'),
    text('ladder', '阶梯周期'),
    number('yuanPerKva', '容量电价', '容量电价(元/千伏安·月)', '容量电价（元/千伏安·月）'),
    number('yuanPerKw', '需量电价', '需量电价(元/千瓦·月)', '需量电价（元/千瓦·月）'),
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
    number('basicYuan', '基本电费', '基本电费(元)', '基本电费（元）'),
    number('powerFactorYuan', '力调电费', '力调电费(元)', '力调电费（元）', '功率因数调整电费'),
    number('demandKw', '最大需量', '最大需量(千瓦)', '最大需量（千瓦）'),
    text('source', '票据号', '依据', '来源'),
  ],
  calendar: [
    text('date', '日期'),
    text('kind', '类型', '类别'),
    text('name', '名称', '节日'),
    text('source', '依据', '来源'),
  ],
  coefficients: [
    text('purpose', '适用范围'),
    text('name', '名称', '系数集名称'),
    text('area', '行政区划代码', '区划代码'),
    text('standard', '标准', '标准编号'),
    text('remark', '备注'),
    text('carrier', '能源资源种类', '能源种类'),
    number('value', '折标系数', '折标准煤系数'),
    text('unit', '单位'),
    number('kgPerLitre', '密度', '密度(kg/L)', '密度（kg/L）'),
    ...dated,
  ],
  co2Factors: [text('medium', '能源种类', '介质'), ...factor],
  fuelFactors: [text('carrier', '能源资源种类', '能源种类'), ...factor],
  adoptions: [text('alternative', '采用口径', '口径'), text('area', '行政区划代码', '区划代码'), ...dated],
  pueGrades: [
    text('standard', '标准', '标准编号'),
    column('numbers')('grades', '能效等级', '等级限值'),
    number('edgeRacksMax', '边缘数据中心机架上限'),
    ...dated,
  ],
  eueQuotas: [
    text('standard', '标准', '标准编号'),
    text('type', '机构类型'),
    number('constraint', '约束值'),
    number('benchmark', '基准值'),
    number('guide', '引导值'),
    ...dated,
  ],
  demonstrationLadders: [
    text('name', '名称', '评价标准'),
    column('steps')('steps', '评分阶梯'),
    number('targetPoints', '目标完成得分'),
    number('blockPoints', '能源资源指标总分'),
    ...dated,
  ],
  keyEnergyUsers: [
    text('area', '行政区划代码', '区划代码'),
    text('type', '机构类型'),
    number('thresholdTce', '重点用能单位标准', '年综合能耗标准(吨标准煤)', '年综合能耗标准（吨标准煤）'),
    ...dated,
  ],
  rankingRules: [
    text('name', '名称', '评价标准'),
    column('texts')('indicators', '排序指标'),
    number('coverageMin', '数据完整率下限'),
    text('ratingAtWorst', '定额等级下限'),
    flag('targetsRequired', '须完成目标'),
    number('leaders', '名额'),
    ...dated,
  ],
  reportDeadlines: [
    text('period', '报送周期', '周期'),
    text('area', '行政区划代码', '区划代码'),
    number('monthsAfter', '期后月数'),
    number('day', '截止日'),
    number('buildDay', '自动编制日'),
    column('numbers')('remindDays', '提醒提前天数'),
    ...dated,
  ],
}
