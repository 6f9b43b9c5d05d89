// Shows what a rule of control would have done with the past of its meter, and the commands it would send.

import type { ProposedCommand } from '../../../domain/control/building-rule.ts'
import type { RuleSimulationView } from '../../../domain/view/control.ts'
import { useControlWords } from '../words/control-words.ts'
import { formatAmount, formatNumber, formatTime } from '../words/format.ts'
import type { ControlWords } from '../words/zh-control.ts'

const ACTS_SHOWN = 5

export function ControlSimulation({ simulation }: { simulation: RuleSimulationView }) {
  const words = useControlWords()
  const { hours, hoursUnknown, count, saved, savedAtMost, highest, unit, acts, commands } = simulation
  const amount = (value: number): string => `${formatAmount(value)} ${unit}`
  return (
    <div role="status" data-testid="control-simulation">
      <p>
        {words.looked(formatNumber(hours, 0), formatNumber(hoursUnknown, 0))} · {words.wouldAct(formatNumber(count, 0))}{' '}
        ·{' '}
        <strong>
          {words.saved} {amount(saved)}
        </strong>
        {savedAtMost !== null && ` · ${words.savedAtMost} ${amount(savedAtMost)}`}
        {highest && ` · ${words.highest(amount(highest.before), amount(highest.after))}`}
      </p>
      {acts.length > 0 && (
        <>
          <div className="faint">{words.acts}</div>
          <ul className="plain-list">
            {acts.slice(-ACTS_SHOWN).map(({ fromMs, toMs, amount: used, saved: own }) => (
              <li key={fromMs}>
                {formatTime(fromMs)} – {formatTime(toMs)}: {amount(used)} · {words.saved} {amount(own)}
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="faint">{words.commands}</div>
      <ul className="plain-list">
        {commands.map((command) => (
          <li key={command.when}>{commandText(command, words)}</li>
        ))}
      </ul>
    </div>
  )
}

export function commandText({ when, name, arguments: given }: ProposedCommand, words: ControlWords): string {
  const { meter, address, value } = given
  const set = address === undefined ? '' : ` ${address} = ${value}`
  return `${words.whens[when]}: ${words.commandNames[name] ?? name} ${meter}${set}`
}
