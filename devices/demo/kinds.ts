// The kinds of institutions in the demo province: size, heating, yearly use and metering. Round numbers of the right
// order, made up for the demo and later scaled as a whole to Hebei's published averages; none is a statistic or a
// quota.

import { must } from '../../domain/must.ts'
import type { Institution } from '../../domain/registry/records.ts'
import type { Use } from './load-profile.ts'

/** Depth of metering: whole building; also lighting and air conditioning; every sub-item. */
export type Metering = 'whole' | 'endUses' | 'subItems'

export interface InstitutionKind {
  /** `{}` is replaced by the place. */
  name: string
  nameEn: string
  type: Institution['type']
  level?: Institution['level']
  venueKind?: Institution['venueKind']
  use: Use
  floorAreaM2: number
  floorAreaPerUserM2: number
  /** A year's electricity without data centre and electric heating, kWh/m². */
  electricityKwhPerM2: number
  /** A year's heat, GJ per heated m². */
  heatGjPerM2: number
  /** A year's gas for cooking and hot water, m³/m²; 0 means none. */
  gasM3PerM2: number
  /** A year's water, m³ a person. */
  waterM3PerUser: number
  metering: Metering
  /** IT load of its data centre in kW at the stated floor area. */
  itKw?: number
}

const office = { type: 'government', use: 'office', heatGjPerM2: 0.28, gasM3PerM2: 0, waterM3PerUser: 17 } as const
const hospital = { type: 'healthcare', use: 'clinic', heatGjPerM2: 0.29, waterM3PerUser: 34 } as const
const school = { type: 'education', use: 'school', heatGjPerM2: 0.28, waterM3PerUser: 12.5, gasM3PerM2: 0.5 } as const
const venue = { type: 'venue', use: 'venue', heatGjPerM2: 0.31, gasM3PerM2: 0, waterM3PerUser: 15 } as const

export const INSTITUTION_KINDS = {
  provincialOffice: {
    ...office,
    ...{ name: '{}直属机关第一综合办公区', nameEn: '{} Provincial Offices, Compound 1', level: 'provincial' },
    ...{ floorAreaM2: 78_000, floorAreaPerUserM2: 36, electricityKwhPerM2: 56, gasM3PerM2: 0.35 },
    ...{ metering: 'subItems', itKw: 90 },
  },
  provincialLibrary: {
    ...venue,
    ...{ name: '{}中心图书馆', nameEn: '{} Provincial Central Library', level: 'provincial', venueKind: 'library' },
    ...{ floorAreaM2: 52_000, floorAreaPerUserM2: 17, electricityKwhPerM2: 50, metering: 'endUses' },
  },
  provincialMuseum: {
    ...venue,
    ...{ name: '{}历史博物馆', nameEn: '{} Provincial History Museum', level: 'provincial', venueKind: 'museum' },
    ...{ floorAreaM2: 46_000, floorAreaPerUserM2: 21, electricityKwhPerM2: 70, metering: 'endUses' },
  },
  provincialHospital: {
    ...hospital,
    ...{ name: '{}综合医院', nameEn: '{} Provincial General Hospital', level: 'tertiary' },
    ...{ floorAreaM2: 190_000, floorAreaPerUserM2: 26, electricityKwhPerM2: 104, gasM3PerM2: 1.1 },
    ...{ metering: 'subItems', itKw: 120 },
  },
  university: {
    ...school,
    ...{ name: '{}理工大学', nameEn: '{} Institute of Technology' },
    ...{ floorAreaM2: 420_000, floorAreaPerUserM2: 17, electricityKwhPerM2: 30, waterM3PerUser: 20 },
    ...{ metering: 'subItems', itKw: 150 },
  },
  researchInstitute: {
    ...office,
    ...{ name: '{}应用技术研究院', nameEn: '{} Institute of Applied Technology', type: 'research' },
    ...{ floorAreaM2: 38_000, floorAreaPerUserM2: 45, electricityKwhPerM2: 62, metering: 'endUses' },
  },
  cityOffice: {
    ...office,
    ...{ name: '{}市级机关综合办公中心', nameEn: '{} Municipal Offices', level: 'municipal' },
    ...{ floorAreaM2: 48_000, floorAreaPerUserM2: 34, electricityKwhPerM2: 50, gasM3PerM2: 0.3 },
    ...{ metering: 'subItems', itKw: 45 },
  },
  cityServiceCentre: {
    ...office,
    ...{ name: '{}政务服务中心', nameEn: '{} Government Service Centre', type: 'serviceCentre' },
    ...{ floorAreaM2: 24_000, floorAreaPerUserM2: 32, electricityKwhPerM2: 58, metering: 'endUses' },
  },
  cityHospital: {
    ...hospital,
    ...{ name: '{}中心医院', nameEn: '{} Central Hospital', level: 'tertiary' },
    ...{ floorAreaM2: 110_000, floorAreaPerUserM2: 25, electricityKwhPerM2: 100, gasM3PerM2: 1.2 },
    ...{ metering: 'subItems', itKw: 60 },
  },
  cityLibrary: {
    ...venue,
    ...{ name: '{}图书馆', nameEn: '{} Library', level: 'municipal', venueKind: 'library' },
    ...{ floorAreaM2: 21_000, floorAreaPerUserM2: 17, electricityKwhPerM2: 39, metering: 'endUses' },
  },
  cityMuseum: {
    ...venue,
    ...{ name: '{}博物馆', nameEn: '{} Museum', level: 'municipal', venueKind: 'museum' },
    ...{ floorAreaM2: 23_000, floorAreaPerUserM2: 15, electricityKwhPerM2: 47, metering: 'endUses' },
  },
  cityTheatre: {
    ...venue,
    ...{ name: '{}大剧院', nameEn: '{} Grand Theatre', level: 'municipal', venueKind: 'theatre' },
    ...{ floorAreaM2: 26_000, floorAreaPerUserM2: 16, electricityKwhPerM2: 40, metering: 'endUses' },
  },
  cityStadium: {
    ...venue,
    ...{ name: '{}体育馆', nameEn: '{} Gymnasium', level: 'municipal', venueKind: 'stadium' },
    ...{ floorAreaM2: 32_000, floorAreaPerUserM2: 20, electricityKwhPerM2: 44, metering: 'endUses' },
  },
  cityScienceMuseum: {
    ...venue,
    ...{ name: '{}科技馆', nameEn: '{} Science Museum', level: 'municipal', venueKind: 'scienceMuseum' },
    ...{ floorAreaM2: 19_000, floorAreaPerUserM2: 30, electricityKwhPerM2: 31, metering: 'endUses' },
  },
  college: {
    ...school,
    ...{ name: '{}职业技术学院', nameEn: '{} Vocational and Technical College' },
    ...{ floorAreaM2: 160_000, floorAreaPerUserM2: 15, electricityKwhPerM2: 26, waterM3PerUser: 17 },
    ...{ metering: 'endUses' },
  },
  highSchool: {
    ...school,
    ...{ name: '{}高级中学', nameEn: '{} Senior High School' },
    ...{ floorAreaM2: 62_000, floorAreaPerUserM2: 12, electricityKwhPerM2: 22, metering: 'whole' },
  },
  countyOffice: {
    ...office,
    ...{ name: '{}机关综合办公楼', nameEn: '{} County-level Offices', level: 'county' },
    ...{ floorAreaM2: 19_000, floorAreaPerUserM2: 33, electricityKwhPerM2: 42, metering: 'endUses' },
  },
  countyBureau: {
    ...office,
    ...{ name: '{}综合行政服务楼', nameEn: '{} Administrative Building', level: 'county' },
    ...{ floorAreaM2: 9_000, floorAreaPerUserM2: 31, electricityKwhPerM2: 38, metering: 'whole' },
  },
  countyHospital: {
    ...hospital,
    ...{ name: '{}综合医院', nameEn: '{} General Hospital', level: 'secondary' },
    ...{ floorAreaM2: 52_000, floorAreaPerUserM2: 24, electricityKwhPerM2: 78, gasM3PerM2: 0.9, metering: 'endUses' },
  },
  healthCentre: {
    ...hospital,
    ...{ name: '{}中心卫生院', nameEn: '{} Community Health Centre', level: 'primary' },
    ...{ floorAreaM2: 6_500, floorAreaPerUserM2: 27, electricityKwhPerM2: 36, gasM3PerM2: 0, waterM3PerUser: 26 },
    ...{ metering: 'whole' },
  },
  countyLibrary: {
    ...venue,
    ...{ name: '{}文化图书馆', nameEn: '{} Culture and Library Centre', level: 'county', venueKind: 'library' },
    ...{ floorAreaM2: 6_000, floorAreaPerUserM2: 15, electricityKwhPerM2: 22, metering: 'whole' },
  },
  middleSchool: {
    ...school,
    ...{ name: '{}实验中学', nameEn: '{} Experimental Middle School' },
    ...{ floorAreaM2: 38_000, floorAreaPerUserM2: 12.5, electricityKwhPerM2: 19, metering: 'whole' },
  },
  primarySchool: {
    ...school,
    ...{ name: '{}实验小学', nameEn: '{} Experimental Primary School', gasM3PerM2: 0, waterM3PerUser: 9 },
    ...{ floorAreaM2: 16_000, floorAreaPerUserM2: 9.5, electricityKwhPerM2: 16, metering: 'whole' },
  },
} as const satisfies Record<string, InstitutionKind>
export type KindName = keyof typeof INSTITUTION_KINDS

/** The five venue kinds rotate over the cities. */
const CITY_VENUES = ['cityLibrary', 'cityMuseum', 'cityTheatre', 'cityStadium', 'cityScienceMuseum'] as const

/** Kinds in the provincial capital that serve the whole province. */
export const PROVINCIAL_KINDS: readonly KindName[] = [
  ...(['provincialOffice', 'provincialLibrary', 'provincialMuseum', 'provincialHospital'] as const),
  ...(['university', 'researchInstitute'] as const),
]

/** Kinds of a city-level area: `city` ones are in its urban districts, `county` ones in counties of their own. */
export function cityPlan(index: number): { city: readonly KindName[]; county: readonly KindName[] } {
  const venueKind = must(CITY_VENUES[index % CITY_VENUES.length])
  return {
    city: ['cityOffice', 'cityServiceCentre', 'cityHospital', venueKind, 'college', 'highSchool'],
    county: [
      'countyOffice',
      'countyBureau',
      'countyHospital',
      'healthCentre',
      'countyLibrary',
      'middleSchool',
      'primarySchool',
    ],
  }
}

/** A smaller set for areas with few counties or none. */
export const SMALL_AREA_KINDS: readonly KindName[] = [
  ...(['countyOffice', 'cityServiceCentre', 'countyHospital', 'healthCentre'] as const),
  ...(['countyLibrary', 'middleSchool', 'primarySchool'] as const),
]
