// The one permission table: which role takes which action, and where (docs/rules/access.md). Every route names its
// action (functions/api/routes.ts), functions/access/permit.ts asks this table, and nothing else decides.

export interface ActionRow {
  zh: string
  en: string
}
export const ACTIONS = {
  figures: { zh: '查看用能结果', en: 'read judged figures, alerts and reports' },
  field: { zh: '查看计量数据', en: 'read institutions, meters, readings and refusals' },
  published: { zh: '查看标准与日历', en: 'read published tables, plans and the calendar' },
  acknowledge: { zh: '签收告警', en: 'acknowledge alerts' },
  review: { zh: '核定表计事件', en: 'review register events' },
  thresholds: { zh: '设置告警限值', en: 'set alert thresholds' },
  prepareReports: { zh: '编制报表', en: 'build, check, submit and fill in reports' },
  decideReports: { zh: '审核报表', en: 'return, accept and lock reports' },
  drawSamples: { zh: '抽取核查样本', en: 'draw the yearly spot check' },
  checkSettings: { zh: '设置校验规则', en: 'set the checks of reports' },
  contracts: { zh: '管理合同', en: 'enter contracts, build baselines, settle, note payments' },
  agreeContracts: { zh: '合同签认', en: 'sign, propose and dispute for one’s side of a contract' },
  repair: { zh: '更正读数', en: 'correct readings' },
  gateways: { zh: '管理网关', en: 'issue credentials of gateways and send them commands that control nothing' },
  control: { zh: '控制设备', en: 'switch and set devices of a building through its gateway' },
  operate: { zh: '维护档案与系统', en: 'import the registry, set notification and retention' },
  seePeople: { zh: '查看人员', en: 'see people and their roles' },
  people: { zh: '管理人员与角色', en: 'add people, give roles, end sessions' },
  log: { zh: '查看审计日志', en: 'read the audit log and refusals of access' },
  self: { zh: '管理本人令牌', en: 'issue and end tokens of one’s own' },
} as const satisfies Record<string, ActionRow>
export type Action = keyof typeof ACTIONS

/** Where a role is held: in areas and all below them, at institutions, at either, or everywhere. */
export type RolePlace = 'area' | 'institution' | 'either' | 'everywhere'
interface RoleRow {
  zh: string
  en: string
  place: RolePlace
  /** The role is held for a contract, which the grant names. */
  contract?: true
  /** Of the separated administrators one person holds one at most (docs/rules/access.md#separation). */
  separated?: true
  actions: readonly Action[]
}

const READ = ['figures', 'field', 'published'] as const
const OFFICE = [
  ...READ,
  ...(['acknowledge', 'review', 'thresholds', 'prepareReports', 'decideReports', 'drawSamples', 'self'] as const),
  'contracts',
] as const

export const ROLES = {
  province: { zh: '省级主管', en: 'province official', place: 'area', actions: [...OFFICE, 'checkSettings'] },
  city: { zh: '市级主管', en: 'city official', place: 'area', actions: OFFICE },
  county: { zh: '县级主管', en: 'county official', place: 'area', actions: OFFICE },
  manager: {
    ...{ zh: '机构能源管理员', en: 'institution manager', place: 'institution' },
    actions: [...READ, 'acknowledge', 'review', 'prepareReports', 'contracts', 'agreeContracts', 'control', 'self'],
  },
  auditor: { zh: '审计人员', en: 'auditor', place: 'area', actions: [...READ, 'log', 'self'] },
  contractor: {
    ...{ zh: '合同能源服务商', en: 'contractor of a contract', place: 'institution', contract: true },
    actions: [...READ, 'acknowledge', 'agreeContracts', 'self'],
  },
  installer: { zh: '安装人员', en: 'installer', place: 'either', actions: ['field', 'published', 'gateways', 'self'] },
  system: {
    ...{ zh: '系统管理员', en: 'system administrator', place: 'everywhere', separated: true },
    actions: [...READ, 'thresholds', 'checkSettings', 'repair', 'gateways', 'operate', 'self'],
  },
  security: {
    ...{ zh: '安全管理员', en: 'security administrator', place: 'everywhere', separated: true },
    actions: ['seePeople', 'people', 'self'],
  },
  audit: {
    ...{ zh: '审计管理员', en: 'audit administrator', place: 'everywhere', separated: true },
    actions: ['seePeople', 'log', 'self'],
  },
  visitor: { zh: '演示访客', en: 'visitor', place: 'everywhere', actions: READ },
} as const satisfies Record<string, RoleRow>
export type Role = keyof typeof ROLES

export const ROLE_NAMES = Object.keys(ROLES) as [Role, ...Role[]]
export const ACTION_NAMES = Object.keys(ACTIONS) as [Action, ...Action[]]
export const roleRow = (role: Role): RoleRow => ROLES[role]

/** A role that a person holds somewhere. */
export interface Grant {
  role: Role
  /** Codes of areas, each with all below it. */
  areas?: readonly string[]
  /** Ids of institutions. */
  institutions?: readonly string[]
  /** Number of the contract that a contractor serves. */
  contract?: string
}

/** Where a record lies: its area and those above it, lowest first, and its institution, if it belongs to one. */
export interface Place {
  areas: readonly string[]
  institution?: string
  /** Of a record of a contract: its number, which keeps the contractor of another one out. */
  contract?: string
}

const takes = ({ role }: Grant, action: Action): boolean => roleRow(role).actions.includes(action)
const isEverywhere = ({ role }: Grant): boolean => roleRow(role).place === 'everywhere'

/** Whether a grant reaches a place; one at an institution never reaches the area around it. */
export const reaches = (grant: Grant, { areas, institution, contract }: Place): boolean =>
  (contract === undefined || grant.contract === undefined || grant.contract === contract) &&
  (isEverywhere(grant) ||
    (grant.areas ?? []).some((code) => areas.includes(code)) ||
    (institution !== undefined && (grant.institutions ?? []).includes(institution)))

/** The grants by which an action is taken. */
export const grantsFor = (grants: readonly Grant[], action: Action): Grant[] =>
  grants.filter((grant) => takes(grant, action))

export const actionsOf = (grants: readonly Grant[]): Action[] =>
  ACTION_NAMES.filter((action) => grantsFor(grants, action).length > 0)

/** Says why these grants cannot be held together; undefined when they can. */
export function grantsProblem(grants: readonly Grant[]): string | undefined {
  const separated = new Set(grants.map(({ role }) => role).filter((role) => roleRow(role).separated))
  if (separated.size > 1)
    return `one person cannot be ${[...separated].join(' and ')}: system, security and audit are separated`
  for (const grant of grants) {
    const problem = placeProblem(grant)
    if (problem) return problem
  }
  return undefined
}

function placeProblem({ role, areas = [], institutions = [], contract }: Grant): string | undefined {
  const { place, contract: forContract } = roleRow(role)
  if (place === 'everywhere') return areas.length + institutions.length > 0 ? `${role} has no place` : undefined
  if (place === 'area' && areas.length === 0) return `${role} needs an area`
  if (place === 'institution' && institutions.length === 0) return `${role} needs an institution`
  if (place === 'either' && areas.length + institutions.length === 0) return `${role} needs an area or institution`
  if (place === 'area' && institutions.length > 0) return `${role} is held in areas, not at institutions`
  if (place === 'institution' && areas.length > 0) return `${role} is held at institutions, not in areas`
  if (forContract && !contract) return `${role} needs the number of the contract`
  return undefined
}
