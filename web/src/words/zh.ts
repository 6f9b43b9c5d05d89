// The page's words in Chinese, and by their type the list of words that every language must have.
// Terms are those of docs/rules/glossary.md.

import { DUAL_CONTROL, QUOTA } from '../../../domain/indicator.ts'
import type { DualControl, IndicatorStatus, QuotaStatus } from '../../../domain/judge/result.ts'
import { mediumNames } from '../../../domain/medium.ts'
import type { HourFlag } from '../../../domain/settle/settle.ts'
import { columnOf } from '../../../domain/table.ts'
import type { InstitutionRow, InstitutionView, MeterView } from '../../../domain/view/view.ts'
import { zhAlerts } from './zh-alerts.ts'
import { zhEnergy } from './zh-energy.ts'

export type Status = NonNullable<DualControl['status']>
export type Verdict = NonNullable<DualControl['verdict']>
export type Rating = NonNullable<QuotaStatus['rating']>
export type ForecastBasis = NonNullable<IndicatorStatus['forecastBasis']>
export type InstitutionType = InstitutionRow['type']

export const zh = {
  ...zhAlerts,
  ...zhEnergy,
  product: '公共机构能源监测',
  demo: '演示数据',
  demoHint: '本页数据由模拟器生成，不代表任何真实机构。',
  otherLanguage: 'English',
  switchLanguage: '切换为英文',
  month: '月份',
  monthBefore: '上一月',
  monthAfter: '下一月',
  clock: '时间均为北京时间（UTC+8）',

  starting: '系统正在启动',
  startingHint: '正在准备数据，完成后自动进入页面。',
  stage: '当前阶段',
  stages: {
    registry: '登记演示省份',
    history: '写入 13 个月读数',
    settle: '计算用能量',
    assess: '双控与定额评价',
  } as Record<string, string>,
  connecting: '正在连接服务…',
  brokenConfig: '页面配置（config.json）有误',
  signIn: '登录',
  signOut: '退出登录',
  signedOut: '您已退出登录',
  signInRefused: '登录未完成或已失效，请重新登录',
  unreachable: '无法连接服务',
  retrying: '正在自动重试',
  loading: '正在加载…',
  failed: '加载失败',
  stale: '数据未能刷新，显示的是上次取得的结果',
  retry: '重试',
  notRegistered: '尚未登记任何地区和机构，请先导入名录。',
  notFound: '没有这个页面',
  cannotShow: '这部分无法显示',
  cannotShowHint: '请重新加载；若仍然如此，请把下面的信息告诉管理员。',
  reload: '重新加载',
  home: '返回首页',

  dualControl: '双控状态',
  indicator: '指标',
  actual: '实际',
  forecast: '预测',
  target: '目标',
  ratio: '预测 / 目标',
  status: '状态',
  verdict: '双控结论',
  coverage: '数据覆盖率',
  incomplete: '数据不完整，结论暂定',
  noTarget: '目标未下达',
  notJudged: '未判定',
  standInTarget: '演示/替代值',
  noDualControl: '本月尚无双控判定',
  asOf: '数据截至',
  coefficients: '折标系数',
  co2Factor: '碳排放因子',
  targetSource: '目标来源',
  totalsNote: '总量：本年累计与全年预测；强度：滚动 12 个月。',
  indicators: columnOf<typeof DUAL_CONTROL, string>(DUAL_CONTROL, ({ name }) => name.zh),
  statuses: { onTrack: '正常', atRisk: '预警', over: '超标' } satisfies Record<Status, string>,
  verdicts: {
    bothMet: '总量强度双达标',
    totalOver: '总量超标、强度达标',
    intensityOver: '总量达标、强度超标',
    bothOver: '总量强度双超标',
  } satisfies Record<Verdict, string>,
  forecastBases: {
    ownProfile: '按自身去年用能曲线',
    areaProfile: '按所在地区去年用能曲线',
    days: '按天数比例',
    complete: '全年数据已齐',
  } satisfies Record<ForecastBasis, string>,

  childAreas: '下级地区',
  area: '地区',
  institutionCount: '机构数',
  institutionsOf: (area: string) => `${area}的公共机构`,
  institution: '机构',
  type: '类型',
  rating: '定额等级',
  anyType: '全部类型',
  anyRating: '全部等级',
  loadMore: '加载更多',
  shown: (count: string) => `已显示 ${count} 项`,
  noInstitutions: '没有符合条件的机构',
  ratings: { advanced: '先进', reasonable: '合理', compliant: '达标', rectify: '需整改' } satisfies Record<
    Rating,
    string
  >,
  noQuota: '定额未下达',
  types: {
    government: '党政机关',
    education: '教育',
    healthcare: '医疗',
    venue: '场馆',
    serviceCentre: '政务服务中心',
    research: '科研',
    other: '其他',
  } satisfies Record<InstitutionType, string>,
  venueKinds: {
    library: '图书馆',
    museum: '博物馆',
    theatre: '剧院',
    stadium: '体育场馆',
    scienceMuseum: '科技馆',
  } satisfies Record<NonNullable<InstitutionRow['venueKind']>, string>,
  levels: {
    provincial: '省级',
    municipal: '市级',
    county: '县级',
    tertiary: '三级',
    secondary: '二级',
    primary: '一级',
  } satisfies Record<NonNullable<InstitutionRow['level']>, string>,
  heatingKinds: {
    districtHeatMetered: '市政集中供暖（按热计量）',
    airConditioning: '空调供暖',
    gasOrOil: '燃气或燃油供暖',
    none: '不供暖',
  } satisfies Record<NonNullable<InstitutionView['heatingKind']>, string>,
  floorArea: '建筑面积',
  heatedArea: '采暖建筑面积',
  energyUsers: '用能人数',
  people: '人',
  climateZone: '气候区划',
  heating: '供暖方式',

  quota: '定额评价',
  quotaNote: '滚动 12 个月',
  constraint: '约束值',
  benchmark: '基准值',
  guide: '引导值',
  standard: '标准',
  standIn: '替代标准',
  toNextAmount: (amount: string, rating: string) => `再降 ${amount} 可达“${rating}”`,
  best: '已达最优等级',
  quotaIndicators: columnOf<typeof QUOTA, string>(QUOTA, ({ name }) => name.zh),

  meters: '计量表',
  meter: '表计',
  medium: '介质',
  purpose: '分项',
  role: '作用',
  lastReading: '最近读数',
  noMeters: '没有登记计量表',
  media: mediumNames('zh'),
  roles: {
    main: '总表（计入）',
    sub: '分表（说明）',
    check: '核对表',
    generation: '发电',
    exclude: '扣除（转供）',
  } satisfies Record<MeterView['role'], string>,

  dailyCurve: '日用能曲线',
  day: '日期',
  dayBefore: '前一天',
  dayAfter: '后一天',
  hour: '小时',
  amount: '用量',
  flag: '数据标记',
  chooseMeter: '选择计量表',
  dayTotal: (total: string) => `当日合计 ${total}`,
  hoursKnown: (known: string, expected: string) => `已知 ${known}/${expected} 小时`,
  noData: '无数据',
  neverRead: '该表还没有读数',
  lastDays: (count: string) => `近 ${count} 天日用量（点击选择日期）`,
  asTable: '以表格查看',
  flags: {
    measured: '实测',
    estimated: '估算',
    partial: '不足一小时',
    suspect: '存疑',
    reset: '表计归零',
    missing: '缺失',
  } satisfies Record<HourFlag, string>,
}

export type Dictionary = typeof zh
