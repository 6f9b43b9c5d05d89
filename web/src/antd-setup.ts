// Configures Ant Design: the language of its own words, and the colours and fonts of this page.

import type { ConfigProviderProps, ThemeConfig } from 'antd'
import enUS from 'antd/es/locale/en_US.js'
import zhCN from 'antd/es/locale/zh_CN.js'
import type { Language } from '../../domain/phrase.ts'

type AntdLocale = NonNullable<ConfigProviderProps['locale']>

export const antdLocale = (language: Language): AntdLocale => localeOf(language === 'zh' ? zhCN : enUS)

// antd has no `exports`: Node reads its files as CommonJS, where the locale is the property `default`; Vite reads them
// as ES modules.
const localeOf = (module: AntdLocale | { default: AntdLocale }): AntdLocale =>
  'default' in module ? module.default : module

// Secondary grey, dark enough to read: antd's own has a contrast of 3.4.
const GREY = '#595959'

export const antdTheme: ThemeConfig = {
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
