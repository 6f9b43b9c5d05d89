#!/usr/bin/env node
// The command line (docs/rules/interfaces.md#command-line). With --json a command prints one JSON document on stdout
// and nothing else there. Exit codes: 0 done, 1 failed, 2 wrong usage. Work that takes long shows its progress on
// stderr when it is a terminal.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { explainSubject } from './command/explain.ts'
import { forecastBuildings } from './command/forecast.ts'
import { runGateway } from './command/gateway.ts'
import { importFiles } from './command/import.ts'
import { playScenario } from './command/play.ts'
import { rebuildFolder } from './command/rebuild.ts'
import { repairFile } from './command/repair.ts'
import { replay } from './command/replay.ts'
import { makeReport } from './command/report.ts'
import { settleCaseFile } from './command/settle.ts'
import { start } from './command/start.ts'
import { hashArgument, verifyFolder } from './command/verify.ts'

const port = (text: string): number => {
  const number = Number(text)
  if (!/^\d{1,5}$/.test(text) || number > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535')
  return number
}
const percent = (text: string): number => {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number) || number < -100 || number > 100)
    throw new InvalidArgumentError('a percentage is a number from -100 to 100')
  return number
}
const seconds = (text: string): number => {
  const number = Number(text)
  if (!(number >= 1 && number <= 3600))
    throw new InvalidArgumentError('an interval is a number of seconds from 1 to 3600')
  return number
}
const date = (text: string): string => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError('a date is written YYYY-MM-DD')
  return text
}
const dataOption = () => new Option('--data <folder>', 'data folder').default('data').env('KILOWATCH_DATA')

const program = new Command('kilowatch')
  .description('Energy monitoring for public institutions (公共机构能源监测)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    'after',
    '\nIn AWS (cloud/cli.ts):\n  replay-dlq [options]         say why messages are in a dead-letter queue, and send them back',
  )

program
  .command('start')
  .description('run the service on this machine: MQTT broker, stores, HTTP API and web page')
  .addOption(dataOption())
  .option('--port <port>', 'HTTP port; 0 takes a free one', port, 8080)
  .option('--mqtt-port <port>', 'MQTT port; 0 takes a free one', port, 1883)
  .option('--host <address>', 'address to listen on; other machines reach it only when you change this', '127.0.0.1')
  .option('--no-demo', 'begin with an empty registry instead of the demo province')
  .option('--no-web', 'do not build and serve the web page')
  .option('--accept-loss', 'go on with a damaged data folder, without what it has lost; no demo')
  .option('--seed <text>', 'seed of the demo province', 'kilowatch')
  .option('--demo-interval <seconds>', 'how often the demo gateways read their meters', seconds, 60)
  .action(start)

program
  .command('replay')
  .description('send recorded readings as gateways over MQTT, settle them and print the totals')
  .requiredOption(
    '--readings <file>',
    'wide CSV (timestamp, one column a building, kWh per hour) or heat-meter CSV; .gz as it is',
  )
  .option('--buildings <file>', 'CSV with building_id and sqm (wide CSV only)')
  .option('--json', 'print one JSON document on stdout')
  .option(
    '--url <mqtt-url>',
    'broker of a running kilowatch; without it one is started for the replay and removed after it',
  )
  .option('--api <http-url>', 'HTTP API of that kilowatch; found by --data when it runs on this machine')
  .option('--token <text>', 'admin token of that kilowatch; found by --data when it runs on this machine')
  .addOption(dataOption())
  .option('--outbox <folder>', 'where the gateways keep their outboxes; a temporary folder when not given')
  .option(
    '--reduction-pct <percent>',
    'how far intensities shall fall in the year after the first, for the portfolio',
    percent,
    0,
  )
  .option('--shuffle <seed>', 'send readings and messages in random order')
  .option('--duplicate', 'send every message twice')
  .action(replay)

program
  .command('gateway')
  .description('run a gateway: a driver reads meters, and their readings go to a broker over MQTT')
  .requiredOption('--config <file>', 'JSON file with gateway, url, password, outbox, driver and its options')
  .action(runGateway)

program
  .command('import')
  .description('put registry files into the registry: all records, or none when one is wrong')
  .argument('<files...>', 'areas.csv, institutions.csv, gateways.csv, meters.csv, targets.csv, quotas.csv')
  .option('--json', 'print one JSON document on stdout')
  .option(
    '--refused <folder>',
    'where to write the refused rows of each file, the reason in front, to be corrected and imported',
  )
  .addOption(dataOption())
  .option('--api <http-url>', 'HTTP API of a running kilowatch; found by --data when it runs on this machine')
  .option('--token <text>', 'its admin token')
  .option('--rewrite-past', 'let changes without a day reach into closed months, which become revisions')
  .action(importFiles)

program
  .command('repair')
  .description('correct readings or take them back by a file: all rows, or none when one is wrong')
  .argument('<file>', 'CSV with the columns meter, at, value, remove; values in the unit of the register')
  .option('--who <name>', 'who repairs', 'admin')
  .option('--note <text>', 'why')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .option('--api <http-url>', 'HTTP API of a running kilowatch; found by --data when it runs on this machine')
  .option('--token <text>', 'its admin token')
  .action(repairFile)

program
  .command('rebuild')
  .description('delete all that is derived and make it again from readings, registry, reviews and bills')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .action(rebuildFolder)

program
  .command('report')
  .description('make the monthly report of an area or institution: workbook, tables, printable document, manifest')
  .option('--month <YYYY-MM>', 'month of the report; the one that ended last')
  .option('--area <code>', 'area; the topmost one')
  .option('--institution <id>', 'institution instead of an area')
  .requiredOption('--out <folder>', 'folder to write, which must not be there yet')
  .option('--pdf', 'print the document as PDF as well, where a Chromium is at hand')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .action(makeReport)

program
  .command('play')
  .description('play a scenario on an empty host with a clock of its own, and print its answers (docs/scenarios.md)')
  .argument('<scenario>', 'JSON file; other files are relative to it')
  .option('--json', 'print one JSON document on stdout')
  .action(playScenario)

program
  .command('settle')
  .description('settle register series of a file to hours and print them (docs/rules/settling.md#settle-cases-file)')
  .requiredOption('--cases <file>', 'JSON file')
  .option('--json', 'print one JSON document on stdout')
  .action(settleCaseFile)

program
  .command('forecast')
  .description(
    'forecast the calendar year of recorded buildings with an 80 % band (docs/rules/dual-control.md#forecast)',
  )
  .requiredOption('--readings <file>', 'wide CSV (timestamp, one column a building, kWh per hour); .gz as it is')
  .requiredOption('--buildings <file>', 'CSV with building_id and sqm')
  .requiredOption('--as-of <YYYY-MM-DD>', 'day up to whose end readings count; later ones are ignored', date)
  .option('--json', 'print one JSON document on stdout')
  .action(forecastBuildings)

program
  .command('explain')
  .description(
    'show where a number or an alert comes from: formula, months, meters, hours, readings, coefficient rows and clause',
  )
  .argument('<subject>', 'id of an institution or an alert, or code of an area')
  .option('--month <YYYY-MM>', 'month to judge; the latest that has data')
  .option('--indicator <name>', 'indicator of dual control or quota, e.g. energyPerArea; an alert has its own')
  .option('--table <name>', 'dualControl or quota, for indicators that both have')
  .option('--meter <id>', 'with --day: lead one meter of the institution down to its readings')
  .option('--day <YYYY-MM-DD>', 'day of --meter')
  .option('--limit <count>', 'how many children of an area, or meters, to list')
  .option('--cursor <id>', 'list those after this one')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .option('--api <http-url>', 'HTTP API of a running kilowatch; found by --data when it runs on this machine')
  .option('--token <text>', 'its admin token')
  .action(explainSubject)

program
  .command('verify')
  .description('walk the audit log, a hash chain, and name its first broken link (docs/rules/report.md#audit-log)')
  .option(
    '--hash <sha256>',
    'a hash from the manifest of a package: says whether the log still has that entry',
    hashArgument,
  )
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .action(verifyFolder)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(`kilowatch: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
