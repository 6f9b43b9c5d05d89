// The section of README that leads to the first meter: its commands and its file, as they are written.

import { readFileSync } from 'node:fs'
import { must } from '../../domain/must.ts'

/** `commands`: the lines of its shell blocks, in order; `user`: the command that adds a person, for the page. */
export function firstMeterBlocks(readme: string): { commands: string[]; yaml: string; user: string } {
  const section = must(/\*\*Your first meter\.\*\*.*?(?=\n\*\*Security)/s.exec(readFileSync(readme, 'utf8'))?.[0])
  const blocks = [...section.matchAll(/```(sh|yaml)\n(.*?)```/gs)]
  const ofKind = (kind: string): string[] => blocks.filter(([, one]) => one === kind).map(([, , text = '']) => text)
  const user = must(/`(npx kilowatch user add [^`]*)`/.exec(section)?.[1]).replace('NAME', 'wang')
  return { commands: ofKind('sh').flatMap((text) => text.trim().split('\n')), yaml: ofKind('yaml').join(''), user }
}
