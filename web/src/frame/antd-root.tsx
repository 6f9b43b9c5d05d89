// Configures Ant Design for what lies below: the language of its own words, and the colours and fonts of this page.
// What a reader sees first is drawn without it (decision 0056), so nothing here is imported at the start.

import { theme as antdThemes, ConfigProvider, type ConfigProviderProps, type ThemeConfig } from 'antd'
import enUS from 'antd/es/locale/en_US.js'
import zhCN from 'antd/es/locale/zh_CN.js'
import type { ReactNode } from 'react'
import type { Language } from '../../../domain/phrase.ts'
import { useLanguage } from '../words/language.tsx'
import { type Theme, useTheme } from './theme.ts'

type AntdLocale = NonNullable<ConfigProviderProps['locale']>

// antd would insert a space between two Chinese characters: 重 试.
const BUTTON = { autoInsertSpace: false }

export function AntdRoot({ children }: { children: ReactNode }) {
  const { language } = useLanguage()
  const theme = useTheme()
  return (
    <ConfigProvider locale={antdLocale(language)} theme={ANTD_THEMES[theme]} button={BUTTON}>
      {children}
    </ConfigProvider>
  )
}

const antdLocale = (language: Language): AntdLocale => localeOf(language === 'zh' ? zhCN : enUS)

// antd has no `exports`: Node reads its files as CommonJS, where the locale is the property `default`; Vite reads them
// as ES modules.
const localeOf = (module: AntdLocale | { default: AntdLocale }): AntdLocale =>
  'default' in module ? module.default : module

// Fonts of the reader's system: the page requests nothing except from its server.
const FONTS =
  "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif"

interface Colors {
  blue: string
  /** antd's own red has a contrast of 3.3 as text. */
  red: string
  /** Secondary grey, dark or light enough to read: antd's own has 3.4. */
  grey: string
}

/** The parts of the page share one set of variables, `key`. */
const themeOf = (key: string, { blue, red, grey }: Colors): ThemeConfig => ({
  cssVar: { key },
  components: { Descriptions: { labelColor: grey } },
  token: {
    ...{ colorPrimary: blue, colorLink: blue, colorError: red },
    ...{ colorTextDescription: grey, colorTextPlaceholder: grey },
    borderRadius: 4,
    fontFamily: FONTS,
  },
})

const light = themeOf('kilowatch', { blue: '#1554ad', red: '#cf1322', grey: '#595959' })
const dark = themeOf('kilowatch-dark', { blue: '#6ba6f7', red: '#ff8580', grey: '#a9b0ba' })

/** The colours of page.css. */
const ANTD_THEMES: Record<Theme, ThemeConfig> = {
  light,
  dark: {
    ...dark,
    algorithm: antdThemes.darkAlgorithm,
    components: { ...dark.components, Button: { primaryColor: '#0d0f12' } },
    token: {
      ...dark.token,
      ...{ colorBgLayout: '#0d0f12', colorBgContainer: '#16191d', colorBgElevated: '#20242a' },
      ...{
        colorText: '#e4e7eb',
        colorTextSecondary: '#a9b0ba',
        colorTextTertiary: '#a9b0ba',
        colorTextQuaternary: '#7d8590',
      },
      ...{ colorBorder: '#434a54', colorBorderSecondary: '#23282f' },
    },
  },
}
