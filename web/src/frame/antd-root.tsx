// Configures Ant Design for what lies below: the language of its own words, and the colours and fonts of this page.
// What a reader sees first is drawn without it (decision 0056), so nothing here is imported at the start.

import { ConfigProvider, type ConfigProviderProps, type ThemeConfig } from 'antd'
import enUS from 'antd/es/locale/en_US.js'
import zhCN from 'antd/es/locale/zh_CN.js'
import type { ReactNode } from 'react'
import type { Language } from '../../../domain/phrase.ts'
import { useLanguage } from '../words/language.tsx'

type AntdLocale = NonNullable<ConfigProviderProps['locale']>

// antd would insert a space between two Chinese characters: 重 试.
const BUTTON = { autoInsertSpace: false }

export function AntdRoot({ children }: { children: ReactNode }) {
  const { language } = useLanguage()
  return (
    <ConfigProvider locale={antdLocale(language)} theme={antdTheme} button={BUTTON}>
      {children}
    </ConfigProvider>
  )
}

const antdLocale = (language: Language): AntdLocale => localeOf(language === 'zh' ? zhCN : enUS)

// antd has no `exports`: Node reads its files as CommonJS, where the locale is the property `default`; Vite reads them
// as ES modules.
const localeOf = (module: AntdLocale | { default: AntdLocale }): AntdLocale =>
  'default' in module ? module.default : module

// Secondary grey, dark enough to read: antd's own has a contrast of 3.4.
const GREY = '#595959'

const antdTheme: ThemeConfig = {
  // The parts of the page share one set of variables.
  cssVar: { key: 'kilowatch' },
  components: { Descriptions: { labelColor: GREY } },
  token: {
    colorPrimary: '#1554ad',
    colorLink: '#1554ad',
    // The same of red: antd's own has 3.3 as text.
    colorError: '#cf1322',
    colorTextDescription: GREY,
    colorTextPlaceholder: GREY,
    borderRadius: 4,
    // Fonts of the reader's system: the page requests nothing except from its server.
    fontFamily:
      "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif",
  },
}
