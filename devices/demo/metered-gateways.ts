// Demo gateways whose live readings cross a wire: their meters are simulated devices that speak DL/T 645, CJ/T 188 and
// Modbus over TCP on this machine, and the gateway reads them by lines, as `kilowatch gateway` does.

import type * as z from 'zod'
import { type GatewayHealth, linesHealth } from '../lines/gateway-health.ts'
import { LinePlanner, lineSchema } from '../lines/line-config.ts'
import { linesSource, type PlannedLine } from '../lines/lines-source.ts'
import { type SimulatedLine, startSimulatedLine } from '../simulated/line.ts'
import { type SimulatedDevice, simulatedCjt188, simulatedDlt645, simulatedModbus } from '../simulated/meter.ts'
import type { Source } from '../source.ts'
import { type Template, templateSchema } from '../template.ts'
import { findTemplate } from '../template-files.ts'
import type { SimulatedMeter } from './simulated-meter.ts'
import type { LiveOptions, Simulator } from './simulator.ts'

/** Each has up to three ports and twice as many sockets, and a process may have 1,024 files open. */
const GATEWAYS_MAX = 40
/** DL/T 645 and CJ/T 188 carry eight digits, two of them decimals. */
const DIGITS_MAX = 6
const MODBUS_START = 0

type Wire = 'dlt645' | 'cjt188' | 'modbus'

/** By what a meter could be read; undefined: by none of these. Intervals and faults are the simulator's. */
function wireOf({ meter, faults, decimals }: SimulatedMeter): Wire | undefined {
  const { kind, medium, unit, digits = Number.POSITIVE_INFINITY } = meter
  if (kind !== 'register' || faults.length > 0 || decimals > 2) return undefined
  if (medium === 'electricity' && unit === 'kWh') return digits <= DIGITS_MAX ? 'dlt645' : undefined
  if (medium === 'water' && unit === 'm³') return digits <= DIGITS_MAX ? 'cjt188' : undefined
  return medium === 'heat' && unit === 'GJ' ? 'modbus' : undefined
}

/** Gateways with meters that all can be read by a wire: those that show most protocols first. */
export function meteredGateways(simulator: Simulator): string[] {
  return simulator.demo.registry.gateways
    .map(({ id }) => ({ id, wires: simulator.metersOf(id).map(wireOf) }))
    .filter(({ wires }) => wires.length > 0 && !wires.includes(undefined))
    .toSorted((a, b) => new Set(b.wires).size - new Set(a.wires).size || (a.id < b.id ? -1 : 1))
    .slice(0, GATEWAYS_MAX)
    .map(({ id }) => id)
}

export interface MeteredGateway {
  source: Source
  /** How its lines do, for its status: it is read as a gateway in the field is. */
  health(): GatewayHealth
  close(): Promise<void>
}

/** Opens the meters of a gateway on ports of this machine. */
export async function openMeteredGateway(
  simulator: Simulator,
  gateway: string,
  { intervalSeconds, sinceMs, now = Date.now }: LiveOptions,
): Promise<MeteredGateway> {
  const groups = Map.groupBy(simulator.metersOf(gateway), wireOf)
  const opened: SimulatedLine[] = []
  const planner = new LinePlanner((name) => (name === MODBUS_TEMPLATE.name ? MODBUS_TEMPLATE : findTemplate(name, '')))
  const lines: PlannedLine[] = []
  for (const [wire, meters] of groups) {
    if (wire === undefined) throw new RangeError(`gateway "${gateway}" has meters that no wire reads`)
    const line = await startSimulatedLine({ meters: meters.map((meter, n) => deviceOf(wire, meter, n, now)) })
    opened.push(line)
    const config = lineSchema.parse({
      ...{ name: wire, tcp: `127.0.0.1:${line.port}`, everySeconds: intervalSeconds, silenceMs: 0 },
      meters: meters.map(({ meter }, n) => ({ template: TEMPLATES[wire], address: n + 1, meter: meter.id })),
    })
    lines.push({ config, devices: planner.plan(config, [wire]).devices })
  }
  const wired = linesSource({ lines, now })
  return {
    source: {
      async *readings(signal) {
        if (sinceMs !== undefined) yield* simulator.missed(gateway, sinceMs, now())
        yield* wired.readings(signal)
      },
    },
    health: () => linesHealth(wired.health()),
    close: async () => void (await Promise.all(opened.map((line) => line.close()))),
  }
}

const TEMPLATES: Readonly<Record<Wire, string>> = {
  ...{ dlt645: 'dlt645-2007', cjt188: 'cjt188-water', modbus: 'demo' },
}

function deviceOf(wire: Wire, meter: SimulatedMeter, index: number, now: () => number): SimulatedDevice {
  const value = () => meter.registerAt(now())
  const address = String(index + 1)
  if (wire === 'dlt645') return simulatedDlt645({ address: address.padStart(12, '0'), value })
  if (wire === 'cjt188') return simulatedCjt188({ address: address.padStart(14, '0'), value })
  return simulatedModbus({ address, value, transport: 'tcp', table: 'input', start: MODBUS_START })
}

/** The register of the simulated heat meters. */
const MODBUS_TEMPLATE = templateSchema.parse({
  ...{ name: 'demo', source: 'none: devices/simulated/meter.ts', certainty: 'derived', example: true },
  ...{ protocol: 'modbus', main: 'register' },
  registers: [{ name: 'register', table: 'input', address: MODBUS_START, type: 'uint32', decimals: 2, unit: 'GJ' }],
} satisfies z.input<typeof templateSchema>) as Template
