// Holds the quota tables of Shandong (DB37/T), a STAND-IN for Hebei, whose values are not public to us: for
// demonstrations and tests, labelled wherever shown (docs/rules/quota.md#shandong-stand-in). Education and service
// centres have no known values. Water is left out: DB37/T 4452-2021 has two values (机关 先进值 10, 通用值 25 m³ per person)
// or another unit (hospitals, litres per bed and day), and three values made from two would be invented.

import type { Institution } from '../registry/records.ts'
import type { Quota } from './quota.ts'

/** 约束值, 基准值, 引导值. */
type Limits = readonly [constraint: number, benchmark: number, guide: number]
type Class = Partial<Pick<Institution, 'venueKind' | 'level' | 'climateZone' | 'heatingKind'>>

/** Climate zones per DB37/5026: A the coastal peninsula, B inland. */
export const QUOTAS_SHANDONG: readonly Quota[] = [...government(), ...healthcare(), ...venues()]

function government(): Quota[] {
  const put = table('DB37/T 2672-2019', 'government')
  return [
    ...put.use({ level: 'provincial', climateZone: 'B' }, [25.5, 16.6, 9.6], [1611.5, 1240.4, 700.9]),
    ...put.use({ level: 'municipal', climateZone: 'A' }, [21.9, 14.9, 7.2], [1300.8, 912.3, 665.9]),
    ...put.use({ level: 'municipal', climateZone: 'B' }, [22.3, 15.6, 8.1], [1557.1, 978.1, 698.2]),
    ...put.use({ level: 'county', climateZone: 'A' }, [20.0, 11.9, 6.5], [1197.8, 781.0, 453.7]),
    ...put.use({ level: 'county', climateZone: 'B' }, [20.8, 12.6, 6.9], [1293.4, 828.9, 478.0]),
    put.heating({ heatingKind: 'districtHeatMetered' }, [12.7, 11.1, 8.3]),
    put.heating({ heatingKind: 'airConditioning' }, [12.4, 8.9, 6.4]),
    put.heating({ heatingKind: 'gasOrOil' }, [12.3, 8.4, 4.8]),
  ]
}

function healthcare(): Quota[] {
  const put = table('DB37/T 2673-2019', 'healthcare')
  return [
    ...put.use({ level: 'tertiary', climateZone: 'A' }, [38.1, 30.3, 21.9], [944.8, 574.3, 482.1]),
    ...put.use({ level: 'tertiary', climateZone: 'B' }, [39.1, 33.4, 22.6], [1159.4, 753.7, 509.0]),
    ...put.use({ level: 'secondary', climateZone: 'A' }, [22.6, 15.3, 9.4], [907.4, 556.9, 428.3]),
    ...put.use({ level: 'secondary', climateZone: 'B' }, [33.9, 25.1, 15.7], [1118.4, 642.7, 434.8]),
    ...put.use({ level: 'primary', climateZone: 'A' }, [13.8, 8.0, 4.3], [781.0, 542.8, 338.6]),
    ...put.use({ level: 'primary', climateZone: 'B' }, [17.5, 11.1, 5.9], [938.8, 623.8, 367.0]),
    put.heating({ heatingKind: 'districtHeatMetered' }, [13.4, 10.0, 7.9]),
    put.heating({ heatingKind: 'airConditioning' }, [15.1, 9.2, 6.2]),
    put.heating({ heatingKind: 'gasOrOil' }, [12.3, 8.3, 5.5]),
  ]
}

/** Other cultural venues use the library's rows (文化馆, 美术馆). A kind of heating without a row had too little data. */
function venues(): Quota[] {
  const put = table('DB37/T 3780-2019', 'venue')
  return [
    ...put.use({ venueKind: 'library', level: 'provincial' }, [19.6, 15.4, 12.4], [566.8, 446.6, 380.9]),
    ...put.use({ venueKind: 'library', level: 'municipal' }, [16.2, 12.2, 9.7], [466.6, 388.8, 311.1]),
    ...put.use({ venueKind: 'library', level: 'county' }, [13.4, 6.4, 4.8], [430.8, 306.4, 140.3]),
    ...put.use({ venueKind: 'museum', level: 'provincial' }, [26.6, 22.6, 18.9], [724.7, 653.9, 512.3]),
    ...put.use({ venueKind: 'museum', level: 'municipal' }, [21.9, 15.3, 8.0], [522.0, 350.8, 225.7]),
    ...put.use({ venueKind: 'museum', level: 'county' }, [16.6, 12.5, 6.2], [451.7, 317.2, 162.2]),
    ...put.use({ venueKind: 'theatre', level: 'provincial' }, [24.1, 21.1, 17.9], [852.5, 734.6, 593.7]),
    ...put.use({ venueKind: 'theatre', level: 'municipal' }, [17.3, 12.3, 8.2], [552.5, 304.7, 204.8]),
    ...put.use({ venueKind: 'theatre', level: 'county' }, [13.6, 7.6, 5.3], [385.7, 285.3, 181.5]),
    ...put.use({ venueKind: 'stadium', level: 'provincial' }, [22.4, 18.4, 16.9], [941.3, 826.7, 706.3]),
    ...put.use({ venueKind: 'stadium', level: 'municipal' }, [16.7, 14.9, 11.3], [641.3, 437.3, 332.6]),
    ...put.use({ venueKind: 'stadium', level: 'county' }, [14.8, 8.8, 6.9], [562.5, 414.9, 299.9]),
    ...put.use({ venueKind: 'scienceMuseum', level: 'provincial' }, [25.3, 22.2, 18.3], [1236.8, 1136.2, 1026.5]),
    ...put.use({ venueKind: 'scienceMuseum', level: 'municipal' }, [15.6, 8.3, 6.6], [762.0, 635.0, 505.5]),
    ...put.use({ venueKind: 'scienceMuseum', level: 'county' }, [11.3, 6.5, 4.8], [481.7, 330.2, 199.8]),
    put.heating({ venueKind: 'library', heatingKind: 'districtHeatMetered' }, [12.5, 11.4, 9.3]),
    put.heating({ venueKind: 'library', heatingKind: 'airConditioning' }, [10.2, 7.4, 5.3]),
    put.heating({ venueKind: 'library', heatingKind: 'gasOrOil' }, [12.0, 8.0, 6.2]),
    put.heating({ venueKind: 'museum', heatingKind: 'districtHeatMetered' }, [12.9, 11.8, 10.3]),
    put.heating({ venueKind: 'museum', heatingKind: 'airConditioning' }, [10.4, 7.2, 4.9]),
    put.heating({ venueKind: 'museum', heatingKind: 'gasOrOil' }, [9.9, 7.7, 5.1]),
    put.heating({ venueKind: 'theatre', heatingKind: 'districtHeatMetered' }, [12.6, 11.6, 9.9]),
    put.heating({ venueKind: 'theatre', heatingKind: 'airConditioning' }, [10.9, 6.9, 4.3]),
    put.heating({ venueKind: 'stadium', heatingKind: 'districtHeatMetered' }, [16.7, 13.2, 11.5]),
    put.heating({ venueKind: 'stadium', heatingKind: 'airConditioning' }, [14.1, 11.1, 9.5]),
    put.heating({ venueKind: 'stadium', heatingKind: 'gasOrOil' }, [36.4, 30.4, 24.3]),
    put.heating({ venueKind: 'scienceMuseum', heatingKind: 'districtHeatMetered' }, [12.1, 11.3, 9.3]),
    put.heating({ venueKind: 'scienceMuseum', heatingKind: 'airConditioning' }, [9.1, 7.3, 4.8]),
  ]
}

function table(standard: string, type: Institution['type']) {
  const row = (indicator: Quota['indicator'], who: Class, [constraint, benchmark, guide]: Limits): Quota => ({
    standard,
    type,
    ...who,
    indicator,
    constraint,
    benchmark,
    guide,
    // Only the year in the standard's number is known.
    validFrom: '2019-01-01',
    source: `${standard} in ma1138569845/dechnicAuditor-agent standards-values.md; transcription not verified`,
    standIn: true,
  })
  return {
    use: (who: Class, nonHeating: Limits, perCapita: Limits): Quota[] => [
      row('nonHeatingPerArea', who, nonHeating),
      row('energyPerCapita', who, perCapita),
    ],
    heating: (who: Class, limits: Limits): Quota => row('heatingPerArea', who, limits),
  }
}
