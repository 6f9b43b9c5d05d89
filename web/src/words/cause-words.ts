// Describes the causes of a revision (domain/judge/revision-cause.ts) in the reader's language.

import type { Cause } from '../../../domain/judge/revision-cause.ts'
import type { Language } from '../../../domain/phrase.ts'
import { eventName } from '../../../domain/phrase.ts'
import { formatTime } from './format.ts'
import type { Dictionary } from './zh.ts'

export function causeWords(cause: Cause, text: Dictionary, language: Language): string {
  const { causes } = text
  switch (cause.kind) {
    case 'lateReadings':
    case 'correctedReadings':
      return causes[cause.kind](String(cause.count), cause.meter)
    case 'repair':
      return causes.repair(String(cause.count), cause.meter, cause.file, cause.who)
    case 'review': {
      const [kind = '', at] = cause.event.split(':')
      const event = `${eventName(kind)[language]} ${formatTime(Number(at))}`
      return causes.review(cause.meter, event, text.reviewStates[cause.state] ?? cause.state, cause.who)
    }
    case 'meterProfile':
      return cause.change === 'registered' ? causes.meterRegistered(cause.meter) : causes.meterChanged(cause.meter)
    case 'registry':
      return causes.registry(cause.parts.map((part) => text.registeredParts[part]).join(text.comma))
    case 'standards':
    case 'rebuild':
      return causes[cause.kind]
    case 'bill':
      return causes.bill(
        cause.carriers.map((carrier) => (text.carriers as Record<string, string>)[carrier] ?? carrier).join(text.comma),
      )
    case 'institution':
      return causes[cause.change](cause.institution)
    case 'area':
      return cause.change === 'joined' ? causes.areaJoined(cause.area) : causes.areaLeft(cause.area)
    case 'below':
      return cause.revision === null
        ? causes.firstJudged(cause.subject)
        : causes.below(cause.subject, String(cause.revision))
    case 'upgrade':
      return causes.upgrade(cause.from, cause.to)
    case 'others':
      return causes.others(String(cause.count))
  }
}
