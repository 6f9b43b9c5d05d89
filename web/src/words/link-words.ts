// Gives the page of a message's link its words. They are loaded with that page: the first screen has no use for them.

import { useLanguage } from './language.tsx'

const zhLink = {
  title: '确认告警',
  hint: '您通过消息中的链接打开此页：该链接只用于确认这一条告警，不必登录。',
  acknowledge: (name: string) => `以“${name}”的名义确认`,
  until: (time: string) => `链接有效期至 ${time}`,
  done: '已确认',
  doneBy: (name: string, time: string) => `${name} 已于 ${time} 确认`,
  cleared: '该告警已解除，无需确认',
  details: '登录后查看曲线、费用与处理建议',
}
type LinkWords = typeof zhLink

const enLink: LinkWords = {
  title: 'Acknowledge an alert',
  hint: 'You came by the link in a message: it is good for acknowledging this one alert, without signing in.',
  acknowledge: (name) => `Acknowledge as “${name}”`,
  until: (time) => `The link is good until ${time}`,
  done: 'Acknowledged',
  doneBy: (name, time) => `${name} acknowledged it at ${time}`,
  cleared: 'This alert has cleared: nothing is left to acknowledge',
  details: 'Sign in for its curve, cost and what to check',
}

export const useLinkWords = (): LinkWords => (useLanguage().language === 'zh' ? zhLink : enLink)
