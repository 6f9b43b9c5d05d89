// Gives rules of control their words, which are loaded with their view.

import { enControl } from './en-control.ts'
import { useLanguage } from './language.tsx'
import { type ControlWords, zhControl } from './zh-control.ts'

export const useControlWords = (): ControlWords => (useLanguage().language === 'zh' ? zhControl : enControl)
