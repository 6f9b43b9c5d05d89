// The commands that change something in a building. They go a way of their own: another right, a confirmation, and an
// end (docs/rules/devices.md#gateway-commands).

/** Commands that set a coil, and the state of a coil that is not inverted. */
export const SWITCHES = {
  relayOff: { coil: false },
  relayOn: { coil: true },
  valveClose: { coil: false },
  valveOpen: { coil: true },
} as const
export type Switch = keyof typeof SWITCHES
export const SWITCH_NAMES = Object.keys(SWITCHES) as [Switch, ...Switch[]]

export const CONTROL_COMMANDS = ['writeRegister', ...SWITCH_NAMES] as const

/** The second step of control. */
export const CONFIRM_COMMAND = 'confirm'
/** A command that controls holds at most so long. */
export const CONTROL_MS_MAX = 60 * 60_000

/** Whether a command is one of the two steps of control. */
export const isControl = (name: string): boolean =>
  name === CONFIRM_COMMAND || CONTROL_COMMANDS.some((control) => control === name)
