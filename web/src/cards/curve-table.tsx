// Shows the curve of an alert as a table, for screen readers and exact figures.

import type { AlertCurveView } from '../../../domain/view/alert.ts'
import { pointLabel } from '../words/curve-words.ts'
import { formatAmount, formatUnit } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'

export function CurveTable({ curve }: { curve: AlertCurveView }) {
  const { text, language } = useLanguage()
  const { grain, points, name, other, limit } = curve
  const unit = curve.unit === '' ? '' : ` (${formatUnit(curve.unit, language)})`
  return (
    <details>
      <summary>{text.asTable}</summary>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{text.manage.time}</th>
            <th scope="col">{`${name[language]}${unit}`}</th>
            {other && <th scope="col">{`${other.name[language]}${unit}`}</th>}
            {limit && <th scope="col">{limit.name[language]}</th>}
          </tr>
        </thead>
        <tbody>
          {points.map(({ atMs, value }, index) => (
            <tr key={atMs}>
              <th scope="row">{pointLabel(atMs, grain)}</th>
              <td>{formatAmount(value)}</td>
              {other && <td>{formatAmount(other.points[index]?.value)}</td>}
              {limit && <td>{formatAmount(limit.value)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
