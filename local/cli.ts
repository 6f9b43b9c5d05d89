#!/usr/bin/env node
// The command line (docs/rules/interfaces.md#command-line). With --json a command prints one JSON document on stdout
// and nothing else there. Exit codes: 0 done, 1 failed, 2 wrong usage. Work that takes long shows its progress on
// stderr when it is a terminal.

import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { FIT_MEDIA } from '../domain/savings/fit-settings.ts'
import { parseStamp, writtenDay } from '../domain/savings/stamp.ts'

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
const dayNumber = (text: string): number => {
  const stamp = parseStamp(text)
  if (!stamp) throw new InvalidArgumentError('a date is written YYYY-MM-DD')
  return writtenDay(stamp)
}
const dayCount = (text: string): number => {
  const number = Number(text)
  if (!/^\d{1,5}$/.test(text) || number < 1)
    throw new InvalidArgumentError('a number of days is a whole number from 1 to 99999')
  return number
}
const SEASON = /^(\d\d-\d\d)\.\.(\d\d-\d\d)$/
const season = (text: string): { from: string; to: string } => {
  const [, from, to] = SEASON.exec(text) ?? []
  // A leap year, so that 02-29 may end a season.
  if (!from || !to || !parseStamp(`2024-${from}`) || !parseStamp(`2024-${to}`))
    throw new InvalidArgumentError('a season is written MM-DD..MM-DD, as 11-15..03-15')
  return { from, to }
}
const hashArgument = (text: string): string => {
  if (!/^[0-9a-f]{64}$/i.test(text)) throw new InvalidArgumentError('a SHA-256 has 64 hexadecimal digits')
  return text.toLowerCase()
}
const dataOption = () => new Option('--data <folder>', 'data folder').default('data').env('KILOWATCH_DATA')

/** Loads a command only when it is asked for, so that help and refusals are there at once. */
const later =
  <Given extends unknown[]>(load: () => Promise<(...given: Given) => unknown>) =>
  async (...given: Given): Promise<void> => {
    const command = await load()
    await command(...given)
  }
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'kilowatch'))

const program = new Command('kilowatch')
  .description('Energy monitoring for public institutions (公共机构能源监测)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    'after',
    '\nIn AWS (cloud/cli.ts):\n  replay-dlq [options]         say why messages are in a dead-letter queue, and send them back\n  rebuild --aws [options]      compute everything again, county by county, while it goes on',
  )

program
  .command('start')
  .description('run the service on this machine: MQTT broker, stores, HTTP API and web page')
  .addOption(dataOption())
  .option('--port <port>', 'HTTP port; 0 takes a free one', port, 8080)
  .option('--mqtt-port <port>', 'MQTT port; 0 takes a free one', port, 1883)
  .option('--host <address>', 'address to listen on; other machines reach it only when you change this', '127.0.0.1')
  .option('--allow-host <name...>', 'names by which browsers reach this machine, when they have a dot')
  .option('--no-demo', 'begin with an empty registry instead of the demo province')
  .option('--no-web', 'do not build and serve the web page')
  .option('--accept-loss', 'go on with a damaged data folder, without what it has lost; no demo')
  .option('--seed <text>', 'seed of the demo province', 'kilowatch')
  .option('--demo-interval <seconds>', 'how often the demo gateways read their meters', seconds, 60)
  .action(later(async () => (await import('./command/start.ts')).start))

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
  .action(later(async () => (await import('./command/replay.ts')).replay))

program
  .command('gateway')
  .description('run a gateway: it reads meters over serial lines and TCP, and sends their readings over MQTT')
  .requiredOption('--config <file>', 'YAML or JSON file (docs/rules/devices.md#gateway-configuration)')
  .action(later(async () => (await import('./command/gateway.ts')).runGateway))

program
  .command('import')
  .description('put registry files into the registry: all records, or none when one is wrong')
  .argument(
    '<files...>',
    'CSV or XLSX: areas.csv, institutions.csv, gateways.csv, meters.csv, targets.csv, quotas.csv; stations.csv, temperatures.csv',
  )
  .option('--json', 'print one JSON document on stdout')
  .option(
    '--refused <folder>',
    'where to write the refused rows of each file, the reason in front, to be corrected and imported',
  )
  .addOption(dataOption())
  .option('--api <http-url>', 'HTTP API of a running kilowatch; found by --data when it runs on this machine')
  .option('--token <text>', 'its admin token')
  .option('--rewrite-past', 'let changes without a day reach into closed months, which become revisions')
  .action(later(async () => (await import('./command/import.ts')).importFiles))

program
  .command('template')
  .description('write the registry files to fill in: Chinese headers, an example row, the legal values; CSV and XLSX')
  .requiredOption('--out <folder>', 'folder to write; files that are there are left alone')
  .action(later(async () => (await import('./command/template.ts')).writeTemplates))

program
  .command('check')
  .description('show live what arrives of a gateway, what is refused and why, and the last register of each meter')
  .argument('<gateway>', 'id of the gateway')
  .option('--once', 'show it once, and end')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .option('--api <http-url>', 'HTTP API of a running kilowatch; found by --data when it runs on this machine')
  .option('--token <text>', 'its admin token')
  .action(later(async () => (await import('./command/check.ts')).checkGateway))

const rule = program.command('rule').description('rules of control of a meter (docs/rules/control-rules.md)')
const ruleCommand = (text: string, does: string): Command =>
  rule
    .command(text)
    .description(does)
    .requiredOption('--meter <id>', 'the meter whose hours count')
    .option('--json', 'print one JSON document on stdout')
    .addOption(dataOption())
    .option('--api <http-url>', 'HTTP API of a running kilowatch; found by --data when it runs on this machine')
    .option('--token <text>', 'its admin token')
ruleCommand('simulate', 'say what the rule of a file would have done and saved; nothing is stored')
  .argument('<file>', 'JSON of the rule: nightSetBack, leak or demandLimit')
  .requiredOption('--from <YYYY-MM-DD>', 'first day', date)
  .requiredOption('--to <YYYY-MM-DD>', 'day after the last one', date)
  .action(later(async () => (await import('./command/control-rule.ts')).simulateControlRule))
ruleCommand('list', 'show the stored rules of a meter: trial, permission, orders').action(
  later(async () => (await import('./command/stored-rule.ts')).listRules),
)
ruleCommand('put', 'store a rule, which does nothing yet')
  .argument('<rule>', 'id of the rule')
  .argument('<file>', 'JSON of the rule')
  .action(later(async () => (await import('./command/stored-rule.ts')).putRule))
ruleCommand('try', 'try a stored rule on the past, as a permission needs')
  .argument('<rule>', 'id of the rule')
  .requiredOption('--from <YYYY-MM-DD>', 'first day', date)
  .requiredOption('--to <YYYY-MM-DD>', 'day after the last one', date)
  .action(later(async () => (await import('./command/stored-rule.ts')).tryRule))
ruleCommand('permit', 'let a rule that was tried act for some days')
  .argument('<rule>', 'id of the rule')
  .requiredOption('--days <number>', 'at most 92')
  .action(later(async () => (await import('./command/stored-rule.ts')).permitRule))
ruleCommand('withdraw', 'end the permission of a rule; what it has begun is proposed to be ended')
  .argument('<rule>', 'id of the rule')
  .action(later(async () => (await import('./command/stored-rule.ts')).withdrawRule))
ruleCommand('confirm', 'confirm what a rule proposes: it is sent within a minute')
  .argument('<rule>', 'id of the rule')
  .argument('<order>', 'id of the order')
  .action(later(async () => (await import('./command/stored-rule.ts')).confirmOrder))
ruleCommand('decline', 'decline what a rule proposes: nothing is sent')
  .argument('<rule>', 'id of the rule')
  .argument('<order>', 'id of the order')
  .action(later(async () => (await import('./command/stored-rule.ts')).declineOrder))
ruleCommand('remove', 'remove a rule that is not permitted and has no open order')
  .argument('<rule>', 'id of the rule')
  .action(later(async () => (await import('./command/stored-rule.ts')).removeRule))

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
  .action(later(async () => (await import('./command/repair.ts')).repairFile))

program
  .command('backup')
  .description('copy all that a host keeps, running or not, to a new backup in a folder')
  .argument('<folder>', 'folder that holds backups alone, best on another disk')
  .option('--keep <count>', 'remove older backups than so many')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .action(later(async () => (await import('./command/backup.ts')).backUpFolder))

program
  .command('restore')
  .description('make a new data folder of a backup, which is verified first')
  .argument('<backup>', 'one backup: a folder with a backup.json')
  .requiredOption('--data <folder>', 'the new data folder')
  .option('--json', 'print one JSON document on stdout')
  .action(later(async () => (await import('./command/backup.ts')).restoreFolder))

program
  .command('export')
  .description('write readings, hours of use and meters to files that other tools open, running or not')
  .argument('<folder>', 'new folder')
  .option('--parquet', 'files of Apache Parquet; the default')
  .option('--csv', 'files of CSV')
  .option('--area <code>', 'of this area alone')
  .option('--from <YYYY-MM>', 'first month; the first with readings')
  .option('--to <YYYY-MM>', 'last month; the last with readings')
  .option(
    '--upload-xml <settings>',
    'the package of --day for an upper centre instead (MOHURD 2009); YAML or JSON: docs/rules/devices.md',
  )
  .option('--day <YYYY-MM-DD>', 'with --upload-xml: a day that is over')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .action(later(async () => (await import('./command/export.ts')).exportData))

program
  .command('rebuild')
  .description('delete all that is derived and make it again from readings, registry, reviews and bills')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .action(later(async () => (await import('./command/rebuild.ts')).rebuildFolder))

program
  .command('report')
  .description('make the monthly report of an area or institution: workbook, tables, printable document, manifest')
  .option('--month <YYYY-MM>', 'month of the report; the one that ended last')
  .option('--area <code>', 'area; the topmost one')
  .option('--institution <id>', 'institution instead of an area')
  .requiredOption('--out <folder>', 'folder to write, which must not be there yet')
  .option('--pdf', 'print the document as PDF as well, where a Chromium is at hand')
  .option('--template <file>', 'XLSX form to fill as well, by its named cells such as NY201_110')
  .option('--mapping <file>', 'names and cells of the template, as JSON or CSV, instead of named cells')
  .option('--period <period>', 'period of the template: 2026-03, 2026-Q1 or 2026; the longest that the month ends')
  .option('--who <name>', 'who makes it, for the audit log; the user of the machine')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .action(later(async () => (await import('./command/report.ts')).makeReport))

program
  .command('play')
  .description('play a scenario on an empty host with a clock of its own, and print its answers (docs/scenarios.md)')
  .argument('<scenario>', 'JSON file; other files are relative to it')
  .option('--json', 'print one JSON document on stdout')
  .action(later(async () => (await import('./command/play.ts')).playScenario))

program
  .command('settle')
  .description('settle register series of a file to hours and print them (docs/rules/settling.md#settle-cases-file)')
  .requiredOption('--cases <file>', 'JSON file')
  .option('--json', 'print one JSON document on stdout')
  .action(later(async () => (await import('./command/settle.ts')).settleCaseFile))

program
  .command('forecast')
  .description(
    'forecast the calendar year of recorded buildings with an 80 % band (docs/rules/dual-control.md#forecast)',
  )
  .requiredOption('--readings <file>', 'wide CSV (timestamp, one column a building, kWh per hour); .gz as it is')
  .requiredOption('--buildings <file>', 'CSV with building_id and sqm')
  .requiredOption('--as-of <YYYY-MM-DD>', 'day up to whose end readings count; later ones are ignored', date)
  .option('--json', 'print one JSON document on stdout')
  .action(later(async () => (await import('./command/forecast.ts')).forecastBuildings))

program
  .command('fit')
  .description(
    'fit the weather-normalised baseline of a meter and measure its savings: CalTRACK 2.0 (docs/rules/savings.md)',
  )
  .requiredOption('--meter <file>', 'CSV start,value: kWh a day or a shorter interval; .gz as it is')
  .requiredOption(
    '--temperature <file>',
    'CSV dt,temperature (or tempF, tempC): outdoor temperature by the hour; .gz as it is',
  )
  .addOption(
    new Option('--unit <unit>', 'unit of the temperatures; by the name of the column, else C').choices(['F', 'C']),
  )
  .addOption(
    new Option('--medium <medium>', 'what the meter measures: gas and heat may be zero, and do not cool')
      .choices(Object.keys(FIT_MEDIA))
      .default('electricity'),
  )
  .addOption(
    new Option(
      '--days <days>',
      'where days begin: the date as written with hours of UTC, or local midnight; F utc, C local',
    ).choices(['utc', 'local']),
  )
  .option('--baseline-end <YYYY-MM-DD>', 'the day after the 365 days of the baseline, when work begins', dayNumber)
  .option(
    '--reporting-start <YYYY-MM-DD>',
    'first day of savings; the first with a value after the baseline',
    dayNumber,
  )
  .option('--reporting-days <count>', 'days of savings; at most 365 when absent', dayCount)
  .addOption(
    new Option(
      '--method <method>',
      'billing: the rows are bills; hourly: by the hour of the week; season: district heat',
    )
      .choices(['daily', 'billing', 'hourly', 'season'])
      .default('daily'),
  )
  .option('--season <MM-DD..MM-DD>', 'first and last day of the heating season, of --method season', season)
  .option('--weekends', 'fit a level of its own for Saturdays and Sundays too, and state what it gains')
  .option('--json', 'print one JSON document on stdout')
  .action(later(async () => (await import('./command/fit.ts')).fitFiles))

program
  .command('decode')
  .description(
    'say what the bytes of a meter or collector mean, or why they are refused (docs/rules/devices.md#decode)',
  )
  .argument('[payload...]', 'the bytes as hex digits, with or without blanks; with --mapping the text of the message')
  .option('--protocol <name>', 'dlt645, cjt188, modbus, mbus or mohurd; also names such as DL/T645-1997')
  .option('--mapping <name>', 'instead of a protocol: a mapping by its name, or a JSON file of one')
  .option('--topic <topic>', 'with --mapping: the topic of the message, after kw/v1/G/foreign/')
  .option('--json', 'print one JSON document on stdout')
  .option('--stream', 'answer with the list of all frames, also when there is one')
  .option('--data-field', 'the bytes are the data alone, without frame and 33H')
  .option('--edition <year>', 'dlt645: 2007 or 1997; 2007 when not told')
  .option('--di <hex>', 'with --data-field: identifier of the data, e.g. 00010000, 901F')
  .option('--format <format>', 'with --data-field, dlt645: e.g. XXXXXX.XX or YYMMDDhhmm')
  .option('--signed', 'with --format: the top bit is a minus')
  .option('--unit <unit>', 'with --format: the unit, where it is not the usual one of the format')
  .option('--meter-type <hex>', 'with --data-field, cjt188: 10 cold water, 20 heat, 30 gas, …')
  .option('--variant <name>', 'cjt188: standard, unitFirst, integerLitresClockBigEndian; found when not told')
  .option('--flow-decimals <digits>', 'cjt188: digits after the point of the flow; 4 when not told')
  .option('--key <hex>', 'mohurd: AES-128 key')
  .option('--iv <hex>', 'mohurd: initialisation vector; the key when not told')
  .option('--secret <text>', 'mohurd: shared secret, to show the answer to the challenge')
  .option('--map <file>', 'modbus: device template with the registers (docs/rules/devices.md#register-maps)')
  .option('--start <address>', 'modbus: first register of an answer; the lowest of the map when not told')
  .option('--transport <name>', 'modbus: rtu or tcp; found when not told')
  .option('--direction <name>', 'modbus: request or reply; found by the length when not told')
  .action(later(async () => (await import('./command/decode.ts')).decodeHex))

program
  .command('explain')
  .description(
    'show where a number or an alert comes from: formula, months, meters, hours, readings, coefficient rows and clause',
  )
  .argument('[subject]', 'id of an institution or an alert, or code of an area')
  .option('--report <subject/YYYY-MM>', 'a built report whose number is to be explained')
  .option('--cell <address>', 'with --report: TABLE/ROW/COLUMN, or SHEET!E4 of its workbook')
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
  .action(later(async () => (await import('./command/explain.ts')).explainSubject))

const user = program.command('user').description('people who sign in at this host, and their roles')
const userCommand = (text: string, does: string): Command =>
  user
    .command(text)
    .description(does)
    .option('--json', 'print one JSON document on stdout')
    .addOption(dataOption())
    .option('--api <http-url>', 'HTTP API of a running kilowatch; found by --data when it runs on this machine')
    .option('--token <text>', 'its admin token')
userCommand('add', 'add a person and print a one-time link to set a password; or give other roles to one')
  .argument('<id>', 'name to sign in with')
  .requiredOption('--role <role:place...>', 'such as county:130102, manager:130102-0001, system, security, audit')
  .option('--name <name>', 'name of the person')
  .action(later(async () => (await import('./command/user.ts')).addUser))
userCommand('list', 'list people').action(later(async () => (await import('./command/user.ts')).listUsers))
userCommand('remove', 'remove a person; sessions and tokens end')
  .argument('<id>', 'name to sign in with')
  .action(later(async () => (await import('./command/user.ts')).removeUser))
userCommand('reset', 'end a password and print a one-time link to set another')
  .argument('<id>', 'name to sign in with')
  .action(later(async () => (await import('./command/user.ts')).resetUser))

const contract = program
  .command('contract')
  .description(
    'energy performance contracts of a running kilowatch: list, settle, show, export (docs/rules/contracts.md)',
  )
const contractCommand = (text: string, does: string): Command =>
  contract
    .command(text)
    .description(does)
    .option('--json', 'print one JSON document on stdout')
    .addOption(dataOption())
    .option('--api <http-url>', 'HTTP API of a running kilowatch; found by --data when it runs on this machine')
    .option('--token <text>', 'its admin token')
contractCommand('list', 'list the contracts')
  .option('--institution <id>', 'only those of an institution')
  .action(later(async () => (await import('./command/contract.ts')).listContracts))
contractCommand('settle', 'settle every period that has ended; one that changed gets another revision')
  .argument('<id>', 'number of the contract')
  .option('--who <name>', 'who settles, for the audit log')
  .action(later(async () => (await import('./command/contract.ts')).settleNow))
contractCommand('show', 'show a contract and its periods, or one settlement')
  .argument('<id>', 'number of the contract')
  .option('--period <YYYY-MM>', 'the settlement of the period that begins with this month')
  .option('--revision <number>', 'with --period: an earlier revision; the last')
  .action(later(async () => (await import('./command/contract.ts')).showContract))
contractCommand(
  'export',
  'write the settlement sheet of a period, or without one the plan of measurement and verification',
)
  .argument('<id>', 'number of the contract')
  .requiredOption('--out <file>', 'file to write, which must not be there yet: .xlsx or .html')
  .option('--period <YYYY-MM>', 'the settlement of the period that begins with this month')
  .option('--revision <number>', 'with --period: an earlier revision; the last')
  .addOption(new Option('--language <language>', 'zh or en').choices(['zh', 'en']).default('zh'))
  .action(later(async () => (await import('./command/contract.ts')).exportContract))

program
  .command('verify')
  .description(
    'walk the audit log, a hash chain, and name its first broken link (docs/rules/report.md#audit-log); hold contracts and the files of the lake against what was written',
  )
  .option(
    '--hash <sha256>',
    'a hash from the manifest of a package: says whether the log still has that entry',
    hashArgument,
  )
  .option('--backup <folder>', 'hold the files of this backup against its manifest instead')
  .option('--json', 'print one JSON document on stdout')
  .addOption(dataOption())
  .action(later(async () => (await import('./command/verify.ts')).verifyFolder))

/** What went wrong, for a reader who has never heard of ENOENT. */
function sentenceOf(error: unknown): string {
  const { code, path, message } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException
  if (code === 'ENOENT' && path !== undefined) return `there is no file "${path}"`
  if (code === 'EACCES' && path !== undefined) return `"${path}" may not be read or written by this user`
  if (code === 'EISDIR') return `a folder was named where a file is needed${path === undefined ? '' : `: "${path}"`}`
  return message
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(`kilowatch: ${sentenceOf(error)}\n`)
    process.exitCode = 1
  }
}
