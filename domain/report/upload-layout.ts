// The fields of the upload XML for an upper centre, in the order in which two public clients write them
// (docs/rules/devices.md#upload-to-an-upper-centre). Lengths, and which fields may not be empty: the data base of a
// third public system. Nothing here comes from the text of the guideline itself.

import type { Medium } from '../medium.ts'

export interface UploadField {
  name: string
  zh: string
  /** Characters at most. */
  length?: number
  /** A number, not a text. */
  isNumber?: true
  isRequired?: true
}

const text = (name: string, zh: string, length: number): UploadField => ({ name, zh, length })
const number = (name: string, zh: string): UploadField => ({ name, zh, isNumber: true })
const required = (field: UploadField): UploadField => ({ ...field, isRequired: true })

/** `DataCenterBaseInfo`. */
export const CENTRE_FIELDS: readonly UploadField[] = [
  required(text('F_DataCenterID', '数据中心代码', 10)),
  required(text('F_DataCenterName', '数据中心名称', 48)),
  required(text('F_DataCenterType', '数据中心类型', 1)),
  required(text('F_DataCenterManager', '数据中心管理单位', 48)),
  text('F_DataCenterDesc', '数据中心描述', 255),
  text('F_DataCenterContact', '联系人', 48),
  text('F_DataCenterTel', '联系电话', 48),
]

/** `BuildBaseInfo` of a building. */
export const BUILDING_FIELDS: readonly UploadField[] = [
  required(text('F_DataCenterID', '数据中心代码', 10)),
  required(text('F_BuildName', '建筑名称', 48)),
  required(text('F_AliasName', '建筑字母别名', 16)),
  required(text('F_BuildOwner', '业主名称', 80)),
  required(text('F_State', '监测状态', 1)),
  required(text('F_DistrictCode', '行政区划代码', 6)),
  required(text('F_BuildAddr', '建筑地址', 80)),
  number('F_BuildLong', '经度'),
  number('F_BuildLat', '纬度'),
  required(number('F_BuildYear', '建设年代')),
  required(number('F_UpFloor', '地上层数')),
  number('F_DownFloor', '地下层数'),
  required(text('F_BuildFunc', '建筑功能', 1)),
  required(number('F_TotalArea', '总面积')),
  required(number('F_AirArea', '空调面积')),
  required(number('F_HeatArea', '采暖面积')),
  required(text('F_AirType', '空调系统形式', 1)),
  required(text('F_HeatType', '采暖形式', 1)),
  number('F_BodyCoef', '体形系数'),
  required(text('F_StruType', '结构形式', 1)),
  required(text('F_WallMatType', '外墙材料形式', 1)),
  required(text('F_WallWarmType', '外墙保温形式', 1)),
  required(text('F_WallWinType', '外窗类型', 1)),
  required(text('F_GlassType', '玻璃类型', 1)),
  required(text('F_WinFrameType', '窗框材料类型', 1)),
  required(text('F_IsStandard', '是否标杆建筑', 1)),
  required(text('F_DesignDept', '监测方案设计单位', 64)),
  required(text('F_WorkDept', '监测工程实施单位', 64)),
  required(text('F_CreateTime', '录入时间', 19)),
  text('F_AcceptDate', '开始上传日期', 19),
]

/** `BuildGroupBaseInfo`. */
export const GROUP_FIELDS: readonly UploadField[] = [
  required(text('F_BuildGroupName', '建筑群名称', 48)),
  required(text('F_GroupAliasName', '建筑群字母别名', 16)),
  text('F_GroupDesc', '建筑群描述', 255),
]

/** The code of all that an institution used of a medium; sub-items exist for electricity alone. */
export const MEDIUM_CODES: Readonly<Record<Medium, string>> = {
  electricity: '01000',
  water: '02000',
  gas: '03A00',
  heat: '04000',
}

/** Sub-items of electricity (docs/rules/data.md#sub-item-codes). */
export const SUB_ITEM = /^01[A-D][0-9][0-9A-Z]$/
