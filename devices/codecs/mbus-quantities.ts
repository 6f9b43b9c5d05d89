// What a value information field (VIF) of M-Bus means: the quantities of heat and water meters
// (docs/rules/devices.md#m-bus-records).

export interface MbusQuantity {
  name: string
  unit: string | null
  /** Power of ten. */
  exponent: number
  /** A number, or a date in M-Bus's packed form. */
  form: 'number' | 'date' | 'time'
}

/** Undefined where the table has no row, or an extension changes the meaning in a way that it does not know. */
export function mbusQuantity(vif: number, extensions: readonly number[]): MbusQuantity | undefined {
  const code = vif & 0x7f
  const table = code === 0x7b ? LINEAR_FB : code === 0x7d ? LINEAR_FD : undefined
  const [first = 0, ...others] = extensions
  const found = table ? table.get(first & 0x7f) : PRIMARY.get(code)
  return found && corrected(found, table ? others : extensions)
}

/** The corrections by a power of ten; any other extension leaves the meaning open. */
function corrected(quantity: MbusQuantity, extensions: readonly number[]): MbusQuantity | undefined {
  let exponent = quantity.exponent
  for (const extension of extensions) {
    const code = extension & 0x7f
    if (code >= 0x70 && code <= 0x77) exponent += (code & 7) - 6
    else if (code === 0x7d) exponent += 3
    else return undefined
  }
  return exponent === quantity.exponent ? quantity : { ...quantity, exponent }
}

type Row = [code: number, quantity: MbusQuantity]

/** `count` codes from `code` on, each ten times the one before. */
const scaled = (code: number, count: number, name: string, unit: string, exponent: number): Row[] =>
  Array.from({ length: count }, (_, step) => [code + step, { name, unit, exponent: exponent + step, form: 'number' }])

const timed = (code: number, name: string): Row[] =>
  ['s', 'min', 'h', 'd'].map((unit, step) => [code + step, { name, unit, exponent: 0, form: 'number' }])

const one = (code: number, name: string, form: MbusQuantity['form'] = 'number'): Row => [
  code,
  { name, unit: null, exponent: 0, form },
]

const PRIMARY: ReadonlyMap<number, MbusQuantity> = new Map([
  ...scaled(0x00, 8, 'energy', 'Wh', -3),
  ...scaled(0x08, 8, 'energy', 'J', 0),
  ...scaled(0x10, 8, 'volume', 'm3', -6),
  ...scaled(0x18, 8, 'mass', 'kg', -3),
  ...timed(0x20, 'onTime'),
  ...timed(0x24, 'workingTime'),
  ...scaled(0x28, 8, 'power', 'W', -3),
  ...scaled(0x30, 8, 'power', 'J/h', 0),
  ...scaled(0x38, 8, 'flow', 'm3/h', -6),
  ...scaled(0x40, 8, 'flow', 'm3/min', -7),
  ...scaled(0x48, 8, 'flow', 'm3/s', -9),
  ...scaled(0x50, 8, 'massFlow', 'kg/h', -3),
  ...scaled(0x58, 4, 'supplyTemperature', 'degC', -3),
  ...scaled(0x5c, 4, 'returnTemperature', 'degC', -3),
  ...scaled(0x60, 4, 'temperatureDifference', 'K', -3),
  ...scaled(0x64, 4, 'externalTemperature', 'degC', -3),
  ...scaled(0x68, 4, 'pressure', 'bar', -3),
  one(0x6c, 'date', 'date'),
  one(0x6d, 'meterTime', 'time'),
  one(0x6e, 'heatCostUnits'),
  ...timed(0x70, 'averagingDuration'),
  ...timed(0x74, 'actualityDuration'),
  one(0x78, 'fabricationNumber'),
  one(0x7a, 'busAddress'),
])

/** After FBH. */
const LINEAR_FB: ReadonlyMap<number, MbusQuantity> = new Map([
  ...scaled(0x00, 2, 'energy', 'MWh', -1),
  ...scaled(0x08, 2, 'energy', 'GJ', -1),
  ...scaled(0x10, 2, 'volume', 'm3', 2),
  ...scaled(0x18, 2, 'mass', 't', 2),
  ...scaled(0x28, 2, 'power', 'MW', -1),
  ...scaled(0x30, 2, 'power', 'GJ/h', -1),
])

/** After FDH. */
const LINEAR_FD: ReadonlyMap<number, MbusQuantity> = new Map([
  one(0x08, 'accessNumber'),
  one(0x0b, 'parameterSet'),
  one(0x0c, 'modelVersion'),
  one(0x0d, 'hardwareVersion'),
  one(0x0e, 'firmwareVersion'),
  one(0x0f, 'softwareVersion'),
  one(0x10, 'customerLocation'),
  one(0x11, 'customer'),
  one(0x17, 'errorFlags'),
  ...scaled(0x40, 16, 'voltage', 'V', -9),
  ...scaled(0x50, 16, 'current', 'A', -12),
])
