// Holds the templates of the forms as data: each field by its meaning, with its code in each form and the editions that
// have it. A code or meaning that is not known stays null or unnamed, and the user fills the field
// (docs/rules/report.md#forms). One meaning has different codes in different forms, so code goes by meaning, never by
// number.

import type { Phrase } from '../../phrase.ts'
import { type Edition, isInEdition } from './edition.ts'

/** Filled by an institution. NY202 has a row a room. */
export const BASIC_FORMS = ['NY101', 'NY201', 'NY202', 'NY203'] as const
export type BasicForm = (typeof BASIC_FORMS)[number]
/** Filled by an authority: sums of NY201, NY202 and NY203 by category. */
export const SUM_FORMS = ['NY301', 'NY302', 'NY303'] as const
export type SumForm = (typeof SUM_FORMS)[number]
export type FormCode = BasicForm | SumForm

/** The form that each summary adds up. */
export const SUMMED = { NY301: 'NY201', NY302: 'NY202', NY303: 'NY203' } as const satisfies Record<SumForm, BasicForm>

export const FORM_NAMES: Readonly<Record<FormCode | 'NY304', Phrase>> = {
  NY101: { zh: '公共机构基本信息', en: 'Institution' },
  NY201: { zh: '公共机构能源资源消费状况', en: 'Energy and resources' },
  NY202: { zh: '公共机构数据中心机房能源消费状况', en: 'Data centre rooms' },
  NY203: { zh: '公共机构采暖能源资源消费状况', en: 'Heating' },
  NY301: { zh: '能源资源消费状况分类汇总', en: 'Energy and resources by category' },
  NY302: { zh: '数据中心机房能源消费状况分类汇总', en: 'Data centre rooms by category' },
  NY303: { zh: '采暖能源资源消费状况分类汇总', en: 'Heating by category' },
  NY304: { zh: '所属地区（部门）及机构数量', en: 'Areas below and their institutions' },
}

/** `flow`: adds over time. `stock`: holds at the period's end. Both add over institutions; `text` does not. */
export type FieldKind = 'flow' | 'stock' | 'text'

export interface FormField {
  /** Its meaning, unique in its form; it names the field where no code is known. */
  id: string
  code: string | null
  name: Phrase
  unit: string
  kind: FieldKind
}

interface FieldRow extends FormField {
  /** Its code in the summary; absent: as in the basic form; null: not known to be in it. */
  summaryCode?: string | null
  /** The first and the last edition that have it. */
  from?: Edition
  until?: Edition
  /** The name from an edition on. */
  renamed?: { from: Edition; name: Phrase }
}

type More = Partial<Pick<FieldRow, 'summaryCode' | 'from' | 'until' | 'renamed'>>
type Texts = readonly [zh: string, en: string]

const field =
  (kind: FieldKind) =>
  (id: string, code: string | null, [zh, en]: Texts, unit = '', more: More = {}): FieldRow => ({
    id,
    code,
    name: { zh, en },
    unit,
    kind,
    ...more,
  })
const stock = field('stock')
const flow = field('flow')
const text = (id: string, names: Texts, more: More = {}): FieldRow => field('text')(id, null, names, '', more)

/** The unit of costs is this product's choice: no text that was read states it. */
const YUAN = '元'
/** Quantity and cost of one kind; the cost has the id of the quantity and `Cost`. */
const pair = (
  id: string,
  [code, costCode]: readonly [string, string],
  [zh, en]: Texts,
  unit: string,
  more: { summary?: readonly [string, string]; renamed?: FieldRow['renamed']; until?: Edition } = {},
): FieldRow[] => {
  const { summary, ...rest } = more
  return [
    flow(id, code, [zh, en], unit, { ...rest, ...(summary && { summaryCode: summary[0] }) }),
    flow(`${id}Cost`, costCode, [`${zh}（费用）`, `${en}, cost`], YUAN, {
      ...(rest.until && { until: rest.until }),
      ...(summary && { summaryCode: summary[1] }),
    }),
  ]
}

/** The codes of NY101 are not known; its fields are named by their meaning. */
const INSTITUTION_FIELDS: readonly FieldRow[] = [
  text('name', ['公共机构名称', 'Name']),
  text('creditCode', ['组织机构代码', 'Organisation code'], {
    renamed: { from: '2022', name: { zh: '统一社会信用代码', en: 'Unified social credit code' } },
  }),
  text('areaCode', ['行政区划代码', 'Area code']),
  text('category', ['机构分类', 'Category of the statistics']),
  text('industryCode', ['行业代码', 'Industry code']),
  text('agencyType', ['机构性质', 'Kind of agency']),
  text('administrativeLevel', ['行政级别', 'Administrative level']),
  text('financialFunds', ['财政拨款方式', 'Public funding']),
  text('officeMode', ['办公形式', 'Kind of office']),
  text('hasDataCentre', ['是否有数据中心机房', 'Has data centre rooms']),
  field('stock')('dataCentreRooms', null, ['数据中心机房数量', 'Data centre rooms'], '个'),
  text('hasHeating', ['是否采暖', 'Is heated']),
  text('heatingKind', ['采暖方式', 'Kind of heating']),
  field('stock')('students', null, ['学生人数', 'Students'], '人'),
  field('stock')('boardingShare', null, ['寄宿生比例', 'Share of boarding students'], '%'),
  text('universityType', ['高校类型', 'Kind of university']),
  text('hospitalLevel', ['医院等级', 'Level of hospital']),
]

const ENERGY_FIELDS: readonly FieldRow[] = [
  stock('landArea', '009', ['用地面积', 'Land area'], 'm²', { summaryCode: '101', until: '2022' }),
  stock('floorArea', '101', ['建筑面积', 'Floor area'], 'm²', { summaryCode: '102' }),
  stock('energyUsers', '102', ['用能人数', 'Energy users'], '人', { summaryCode: '103' }),
  stock('staffPosts', '1021', ['编制人数', 'Posts'], '人', { summaryCode: '1031' }),
  stock('vehicles', '103', ['车辆数量', 'Vehicles'], '辆', { summaryCode: '104' }),
  stock('petrolVehicles', '1031', ['汽油车', 'Petrol vehicles'], '辆', { summaryCode: '1041' }),
  stock('dieselVehicles', '1032', ['柴油车', 'Diesel vehicles'], '辆', { summaryCode: '1042' }),
  stock('newEnergyVehicles', '1033', ['新能源汽车', 'New energy vehicles'], '辆', { summaryCode: '1043' }),
  ...pair('lpg', ['104', '1041'], ['液化石油气', 'LPG'], '千克', { summary: ['105', '1051'] }),
  stock('chargingPoints', '105', ['充电桩数量', 'Charging points'], '个', { summaryCode: '106', until: '2022' }),
  ...pair('electricity', ['110', '111'], ['电', 'Electricity'], '万千瓦时'),
  ...pair('water', ['120', '121'], ['水', 'Water'], '吨'),
  ...pair('coal', ['130', '131'], ['煤炭', 'Coal'], '吨'),
  ...pair('gas', ['140', '141'], ['天然气', 'Natural gas'], '万立方米'),
  ...pair('petrol', ['150', '151'], ['汽油', 'Petrol'], '升'),
  ...pair('petrolTransport', ['1501', '1511'], ['汽油：车辆用油', 'Petrol of vehicles'], '升'),
  ...pair('petrolOther', ['1502', '1512'], ['汽油：其他用油', 'Petrol, other'], '升'),
  ...pair('diesel', ['160', '161'], ['柴油', 'Diesel'], '升'),
  ...pair('dieselTransport', ['1601', '1611'], ['柴油：车辆用油', 'Diesel of vehicles'], '升'),
  ...pair('dieselOther', ['1602', '1612'], ['柴油：其他用油', 'Diesel, other'], '升'),
  ...pair('heat', ['170', '171'], ['热力', 'Heat'], '吉焦'),
  ...pair('otherEnergy', ['180', '181'], ['其他能源', 'Other energy'], '吨标准煤'),
  stock('solarThermalArea', '190', ['太阳能光热集热面积', 'Solar thermal area'], 'm²', { until: '2022' }),
  stock('pvCapacity', '191', ['太阳能光电装机容量', 'PV capacity'], '', { until: '2022' }),
  stock('geothermalCapacity', '192', ['地热能装机容量', 'Geothermal capacity'], '', { until: '2022' }),
  flow('pvGeneration', null, ['太阳能光电系统发电量', 'PV generation'], '万千瓦时', { from: '2022' }),
  ...['401', '402', '403', '404', '405', '406'].map((code) =>
    stock(`unknown${code}`, code, ['（含义未知，由用户填写）', '(meaning not known, filled by the user)'], '', {
      summaryCode: null,
    }),
  ),
]

const ROOM_FIELDS: readonly FieldRow[] = [
  stock('roomArea', '201', ['机房建筑面积', 'Room area'], 'm²'),
  stock('racks', '210', ['机柜总数量', 'Racks'], '个'),
  stock('power', '220', ['设备总功率', 'Power of equipment']),
  stock('powerIt', '2201', ['IT设备功率', 'Power of IT']),
  stock('powerCooling', '2202', ['空气调节设备功率', 'Power of cooling']),
  stock('powerSupply', '2203', ['配电及附属设备功率', 'Power of supply and auxiliaries']),
  stock('upsCapacity', '230', ['UPS装机容量', 'UPS capacity'], '', { until: '2022' }),
  flow('roomElectricity', '240', ['总用电量', 'Electricity'], '万千瓦时'),
  flow('itElectricity', '2401', ['IT设备用电量', 'Electricity of IT'], '万千瓦时'),
  flow('coolingElectricity', '2402', ['空气调节设备用电量', 'Electricity of cooling'], '万千瓦时'),
  flow('supplyElectricity', '2403', ['配电及附属设备用电量', 'Electricity of supply and auxiliaries'], '万千瓦时'),
  flow('roomOtherEnergy', '250', ['其他能源消费量', 'Other energy'], '吨标准煤', { until: '2020' }),
]

const HEATING_FIELDS: readonly FieldRow[] = [
  stock('heatedArea', '301', ['采暖面积', 'Heated area'], 'm²'),
  stock('ownHeatedArea', '3011', ['独立供暖面积', 'Area with own heating'], 'm²'),
  stock('areaBilledArea', '3012', ['集中供暖面积（按面积收费）', 'Area with district heat billed by area'], 'm²'),
  stock('heatBilledArea', '3013', ['集中供暖面积（按热量收费）', 'Area with district heat billed by heat'], 'm²'),
  stock('heatingDays', '302', ['采暖天数', 'Days of heating'], '天'),
  stock('hotWaterBoilers', '303', ['热水锅炉热功率', 'Power of hot water boilers']),
  stock('steamBoilers', '304', ['蒸汽锅炉蒸发量', 'Capacity of steam boilers']),
  ...pair('heatingWater', ['310', '311'], ['水', 'Water'], '吨'),
  ...pair('heatingElectricity', ['320', '321'], ['电', 'Electricity'], '万千瓦时'),
  ...pair('heatingCoal', ['330', '331'], ['煤炭', 'Coal'], '吨'),
  ...pair('heatingGas', ['340', '341'], ['天然气', 'Natural gas'], '万立方米'),
  ...pair('heatingDiesel', ['350', '351'], ['柴油', 'Diesel'], '升'),
  ...pair('heatingHeat', ['360', '361'], ['热力消费量', 'Heat'], '吉焦', {
    renamed: { from: '2025', name: { zh: '热力消费量（按热量收费）', en: 'Heat, billed by heat' } },
  }),
  ...pair('heatingOther', ['370', '371'], ['其他能源', 'Other energy'], '吨标准煤'),
  flow('areaBilledCost', '380', ['集中供暖费用（按面积收费）', 'Cost of district heat billed by area'], YUAN),
]

/** Rows that only a summary has: what it counts. */
export const COUNT_FIELDS = {
  NY301: { id: 'institutions', code: '100', name: { zh: '机构数量', en: 'Institutions' }, unit: '个', kind: 'stock' },
  NY302: { id: 'rooms', code: '200', name: { zh: '机房数量', en: 'Rooms' }, unit: '个', kind: 'stock' },
} as const satisfies Partial<Record<SumForm, FormField>>

const FORM_FIELDS: Readonly<Record<BasicForm, readonly FieldRow[]>> = {
  NY101: INSTITUTION_FIELDS,
  NY201: ENERGY_FIELDS,
  NY202: ROOM_FIELDS,
  NY203: HEATING_FIELDS,
}

const known = new Map<string, readonly FormField[]>()

/** The fields of a form in an edition, in its order, with the names and codes of that edition and form. */
export function formFields(edition: Edition, form: FormCode): readonly FormField[] {
  const fields = known.get(`${edition} ${form}`) ?? fieldsIn(edition, form)
  known.set(`${edition} ${form}`, fields)
  return fields
}

function fieldsIn(edition: Edition, form: FormCode): FormField[] {
  const isSummary = isSumForm(form)
  const own = FORM_FIELDS[isSummary ? SUMMED[form] : form]
    .filter((row) => isInEdition(edition, row) && !(isSummary && row.summaryCode === null))
    .map(({ summaryCode, from: _from, until: _until, renamed, ...row }) => ({
      ...row,
      code: isSummary ? (summaryCode ?? row.code) : row.code,
      name: renamed && isInEdition(edition, renamed) ? renamed.name : row.name,
    }))
  const count = form === 'NY301' || form === 'NY302' ? [COUNT_FIELDS[form]] : []
  return [...count, ...own]
}

export const isSumForm = (form: FormCode): form is SumForm => SUM_FORMS.some((one) => one === form)

/** The name of a field in a user's template, e.g. `NY201_110`; `NY201_pvGeneration` where no code is known. */
export const cellName = (form: FormCode | 'NY304', { code, id }: Pick<FormField, 'code' | 'id'>): string =>
  `${form}_${code ?? id}`
