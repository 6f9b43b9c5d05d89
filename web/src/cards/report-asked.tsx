// Says which step of a report waits to be taken, and why one was not.

import { Alert } from 'antd'
import type { AskedStepView } from '../../../domain/report/view.ts'
import { formatTime } from '../words/format.ts'
import { useLanguage } from '../words/language.tsx'

export function AskedNotice({ asked }: { asked: AskedStepView }) {
  const { text } = useLanguage()
  const { step, month, who, askedMs, refused } = asked
  const named = text.report.askedStep({ step: text.report.reportSteps[step], month, who, at: formatTime(askedMs) })
  return (
    <Alert
      data-testid="report-asked"
      type={refused ? 'error' : 'info'}
      showIcon
      title={refused ? text.report.askedRefused : text.report.askedWaits}
      description={refused ? `${named} ${refused.detail}` : named}
    />
  )
}
