// Lets the reader choose light or dark, or follow the system.

import { MoonOutlined, SunOutlined } from '@ant-design/icons'
import { useLanguage } from '../words/language.tsx'
import { THEME_CHOICES, type ThemeChoice, useTheme, useThemeChoice } from './theme.ts'

export function ThemePicker() {
  const { text } = useLanguage()
  const theme = useTheme()
  const [choice, choose] = useThemeChoice()
  return (
    <label className="button theme-picker" title={`${text.appearance}: ${text.appearances[choice]}`}>
      {theme === 'dark' ? <MoonOutlined /> : <SunOutlined />}
      <select
        aria-label={text.appearance}
        value={choice}
        onChange={({ target }) => choose(target.value as ThemeChoice)}
        data-testid="theme"
      >
        {THEME_CHOICES.map((one) => (
          <option key={one} value={one}>
            {text.appearances[one]}
          </option>
        ))}
      </select>
    </label>
  )
}
