// Builds the API paths of the evidence behind an alert on hours.

import { DAY_MS, monthOf } from '../../calendar.ts'
import type { Asked } from '../finding.ts'

type Of = Pick<Asked, 'subject' | 'asOfMs'>
/** Days of hours before the alert's latest evaluation. */
const SERIES_DAYS = 7

/** Path of a meter's hours; empty for other subjects. */
export const meterSeries = ({ subject, asOfMs }: Of): string[] =>
  subject.type === 'meter'
    ? [
        `/api/v1/meters/${encodeURIComponent(subject.id)}/series?from=${asOfMs - SERIES_DAYS * DAY_MS}&to=${asOfMs}&grain=hour`,
      ]
    : []

/** Path of a document of the institution in the month of the evaluation. */
export const institutionPath = (document: 'data-centre' | 'tree', { subject, asOfMs }: Of): string =>
  `/api/v1/institutions/${encodeURIComponent(subject.id)}/${document}?month=${monthOf(asOfMs - 1)}`
