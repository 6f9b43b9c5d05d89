// Gives administration its words. They are loaded with its page: the first screen has no use for them.

import { enAdmin } from './en-admin.ts'
import { useLanguage } from './language.tsx'
import { type AdminWords, zhAdmin } from './zh-admin.ts'

export const useAdminWords = (): AdminWords => (useLanguage().language === 'zh' ? zhAdmin : enAdmin)
