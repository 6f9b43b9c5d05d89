// The indicators of dual control and of the quota.

/** The seven indicators of dual control: three totals, four intensities (docs/rules/dual-control.md#indicators). */
export const TOTAL_INDICATORS = ['energy', 'water', 'co2'] as const

export const INTENSITY_INDICATORS = ['energyPerArea', 'energyPerCapita', 'waterPerCapita', 'co2PerArea'] as const

export const INDICATORS = [...TOTAL_INDICATORS, ...INTENSITY_INDICATORS] as const

export type Indicator = (typeof INDICATORS)[number]

/**
 * The four quota indicators (docs/rules/quota.md#indicators). kgce with the quota's own coefficient set; water in m³.
 */
export const QUOTA_INDICATORS = ['heatingPerArea', 'nonHeatingPerArea', 'energyPerCapita', 'waterPerCapita'] as const
