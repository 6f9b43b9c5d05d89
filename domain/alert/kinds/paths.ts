// Paths of the API that show what an alert on hours rests on.

import { DAY_MS, monthOf } from '../../calendar.ts'
import type { Asked } from '../finding.ts'

type Of = Pick<Asked, 'subject' | 'asOfMs'>
/** Of hours before the alert's last look. */
const SERIES_DAYS = 7

/** The hours of the subject, a meter; none of another subject. */
export const meterSeries = ({ subject, asOfMs }: Of): string[] =>
  subject.type === 'meter'
    ? [
        `/api/v1/meters/${encodeURIComponent(subject.id)}/series?from=${asOfMs - SERIES_DAYS * DAY_MS}&to=${asOfMs}&grain=hour`,
      ]
    : []

/** A document of the subject, an institution, in the month of the look. */
export const institutionPath = (document: 'data-centre' | 'tree', { subject, asOfMs }: Of): string =>
  `/api/v1/institutions/${encodeURIComponent(subject.id)}/${document}?month=${monthOf(asOfMs - 1)}`
