// Writes a message as plain text: whole for mail, short for phones.

import type { Message } from '../platform.ts'
import { cutTo } from './cut.ts'

export const mailText = ({ lines, link, acknowledge }: Message): string =>
  [...lines, '', ...(acknowledge ? [acknowledge.text, acknowledge.url, ''] : []), link].join('\n')

/** One link: that which acknowledges, where there is one. Its page leads to that of the alert. */
export const shortText = ({ title, lines, link, acknowledge }: Message, charactersMax: number): string =>
  cutTo([title, ...lines, acknowledge?.url ?? link].join('\n'), charactersMax, (text) => text.length)
