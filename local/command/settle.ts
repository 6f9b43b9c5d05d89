// `kilowatch settle --cases FILE`: settles register series into hours with flags, by the service's own rules.

import { readFile } from 'node:fs/promises'
import { formatInstant } from '../../domain/calendar.ts'
import { settleCases } from '../../domain/settle/case.ts'

export async function settleCaseFile({ cases, json }: { cases: string; json?: boolean }): Promise<void> {
  const settled = settleCases(parse(await readFile(cases, 'utf8'), cases))
  if (json) process.stdout.write(`${JSON.stringify(settled)}\n`)
  else for (const one of settled) process.stdout.write(`${describe(one)}\n`)
  const bad = settled.filter((one) => 'error' in one)
  if (bad.length > 0) {
    for (const one of bad) process.stderr.write(`kilowatch: case "${one.id}": ${one.error}\n`)
    process.exitCode = 1
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${file} is not JSON: ${String(error)}`)
  }
}

function describe(one: ReturnType<typeof settleCases>[number]): string {
  if ('error' in one) return `${one.id}: ${one.error}`
  const hours = one.hours.map(([ms, kwh, flag]) => `  ${formatInstant(ms)}  ${kwh ?? '—'}  ${flag}`)
  return [`${one.id}: ${one.total} kWh`, ...hours].join('\n')
}
