// The media that meters measure.

export const MEDIA = ['electricity', 'water', 'heat', 'gas'] as const

export type Medium = (typeof MEDIA)[number]
