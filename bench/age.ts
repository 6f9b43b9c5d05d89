// A store that is a year old: a city's meters each quarter of an hour through append, tidying and settling, then ingest
// beside compaction, the reads of a page, an undone event of the first month, and a day's settling. Reference: the
// same readings of the first month in a store that moves nothing, and the same work in the first month. With
// KILOWATCH_AGE_FOLDER the year stays in that folder: a run that was stopped goes on there, and the next one measures
// on it, some days older.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../devices/random.ts'
import { DAY_MS, dayLabel, dayOf, dayStartMs } from '../domain/calendar.ts'
import { must } from '../domain/must.ts'
import type { StoredReading } from '../functions/platform.ts'
import { registryReader } from '../functions/registry/reader.ts'
import { settle } from '../functions/settle.ts'
import { eventsOf } from '../functions/settling/events.ts'
import { putReview } from '../functions/settling/review.ts'
import { type LocalPlatform, openPlatform } from '../local/platform.ts'
import { openReadingStore, type ReadingFile } from '../local/reading-store.ts'
import { registerFleet } from './fleet.ts'
import { type CostRow, median, percentile } from './table.ts'

/** A city has twenty; one or two have files of the same sizes, in a tenth of the time. */
const COUNTIES = Number(process.env.KILOWATCH_AGE_COUNTIES ?? 20)
const INSTITUTIONS_PER_COUNTY = 100
const METERS_PER_INSTITUTION = 10
const STEPS = 96
const STEP_MS = DAY_MS / STEPS
const BATCH_ROWS = 20_000
const YEAR_DAYS = 365
/** The reference holds so many days. */
const PLAIN_DAYS = 30
/** Below this scale a bench only shows that it works. */
const SMALL = 0.01
const SMALL_DAYS = 62
/** The register of one meter starts again at this day. */
const RESET_DAY = 20
const FIRST_DAY = dayOf(Date.UTC(2025, 0, 1))
/** After the year: so many days without compaction beside ingest, as many with it, and that again. */
const BLOCK_DAYS = 3
const BLOCKS = 4
/** The steady rate: the city's readings of a minute in each second, in ten batches. */
const STEADY_SECONDS = 15
const BATCHES_PER_SECOND = 10
/** Between the passes; a host waits a minute. */
const PASS_MS = 250
const SEED = 'age'

interface Load {
  meters: readonly string[]
  /** All readings of a day, in batches of about so many, as they come in. Days follow each other. */
  day(day: number, batchRows?: number): Iterable<StoredReading[]>
  /** Goes on to a day, as if those before it had been sent. */
  skipTo(day: number): void
}

/** What filling has measured. */
interface Filled {
  meters: number
  days: number
  reference: Figures
  /** Seconds that settling a county's day took, by day. */
  settled: number[]
  rss: number[]
}
/** Beside the store in its folder. */
const FILLED_FILE = 'age.json'

type Say = (line: string) => void

export async function benchAge(scale: number, say: Say): Promise<CostRow[]> {
  const kept = process.env.KILOWATCH_AGE_FOLDER
  const root = kept ?? mkdtempSync(join(tmpdir(), 'kilowatch-age-'))
  const size = {
    days: scale < SMALL ? SMALL_DAYS : YEAR_DAYS,
    perCounty: Math.max(1, Math.round(INSTITUTIONS_PER_COUNTY * scale)),
  }
  const folder = join(root, 'store')
  try {
    const file = join(root, FILLED_FILE)
    if (!existsSync(file)) {
      mkdirSync(folder, { recursive: true })
      const plain = mkdtempSync(join(tmpdir(), 'kilowatch-age-'))
      const reference = await plainStore(plain, size.perCounty, say).finally(() => rmSync(plain, { recursive: true }))
      keep(file, { meters: idsOf(size.perCounty).length, days: 0, reference, settled: [], rss: [] })
    }
    await fill(folder, size, say)
    return await measured(folder, size.perCounty, say)
  } finally {
    if (kept === undefined) rmSync(root, { recursive: true, force: true })
  }
}

const idsOf = (perCounty: number): string[] =>
  Array.from({ length: COUNTIES }, (_, county) =>
    Array.from({ length: perCounty }, (_, place) =>
      Array.from(
        { length: METERS_PER_INSTITUTION },
        (_, meter) => `${130_101 + county}-${String(place).padStart(4, '0')}-E${meter + 1}`,
      ),
    ),
  ).flat(2)

/** Registers that rise with the hour of the day and by chance; the second meter's starts again once. */
function loadOf(meters: readonly string[]): Load {
  const random = createRandom(SEED)
  const registers = meters.map(() => 100_000 + Math.floor(random.next() * 50_000_000))
  // Hundredths of a kWh in a quarter of an hour at full load: 0.2 to 60 kW.
  const full = meters.map(() => 5 * 300 ** random.next())
  const order = random.shuffle(meters.map((_, i) => i))
  let next = FIRST_DAY
  /** One reading of each meter. */
  const advance = (day: number, step: number, take?: (meter: number, register: number) => void): void => {
    if (step === 0 && day === FIRST_DAY + RESET_DAY) registers[1] = 0
    const shape = 0.2 + 0.8 * Math.max(0, Math.sin((Math.PI * (step - 24)) / 56))
    for (const meter of order) {
      const register = must(registers[meter]) + Math.round(must(full[meter]) * shape * (0.5 + random.next()))
      registers[meter] = register
      take?.(meter, register)
    }
  }
  return {
    meters,
    *day(day, batchRows = BATCH_ROWS) {
      next = day + 1
      let batch: StoredReading[] = []
      for (let step = 0; step < STEPS; step++) {
        const own: StoredReading[] = []
        advance(day, step, (meter, register) => {
          const atMs = dayStartMs(day) + (step + 1) * STEP_MS
          own.push({ meter: must(meters[meter]), atMs, value: register / 100, quality: 'good' })
        })
        for (let first = 0; first < own.length; first += batchRows) {
          batch = batch.concat(own.slice(first, first + batchRows))
          if (batch.length < batchRows && step < STEPS - 1) continue
          yield batch
          batch = []
        }
      }
      if (batch.length > 0) yield batch
    },
    skipTo(day) {
      for (; next < day; next++) for (let step = 0; step < STEPS; step++) advance(next, step)
    },
  }
}

/** Of reads, milliseconds: of the clock, and of all processors, which busy neighbours disturb less. */
interface Times {
  wall: number[]
  cpu: number[]
}
interface Figures {
  meterMonth: number[]
  institutionMonth: number[]
  bytesPerReading: number
}

/** The first month, in order of arrival. */
async function plainStore(folder: string, perCounty: number, say: Say): Promise<Figures> {
  const store = await openReadingStore(join(folder, 'readings.duckdb'))
  const load = loadOf(idsOf(perCounty))
  for (let day = FIRST_DAY; day < FIRST_DAY + PLAIN_DAYS; day++) await appendDay(store, load, day)
  const month = { months: [FIRST_DAY], spanDays: PLAIN_DAYS }
  const figures = {
    meterMonth: (await timesOf(store, load.meters, { ...month, count: 100, together: 1 })).wall,
    institutionMonth: (await timesOf(store, load.meters, { ...month, count: 100, together: METERS_PER_INSTITUTION }))
      .wall,
  }
  const { rows } = store.extent()
  await store.close()
  say(`age: reference of ${rows} readings: meter-month p99 ${percentile(figures.meterMonth, 0.99).toFixed(1)} ms`)
  return { ...figures, bytesPerReading: bytesIn(folder) / rows }
}

interface Filling {
  perCounty: number
  days: number
}

/** The days of the year that are missing, with a pass and a settling each. */
async function fill(folder: string, { perCounty, days }: Filling, say: Say): Promise<void> {
  const file = join(folder, '..', FILLED_FILE)
  const filled = filledOf(file)
  if (filled.days >= days) return
  let nowMs = dayStartMs(FIRST_DAY + filled.days)
  const platform = await openPlatform(folder, () => nowMs)
  try {
    await registerFleet(platform, {
      counties: COUNTIES,
      institutionsPerCounty: perCounty,
      metersPerInstitution: METERS_PER_INSTITUTION,
      intervalMinutes: STEP_MS / 60_000,
    })
    const load = loadOf(idsOf(perCounty))
    const county = settledCounty(platform)
    await county.settle()
    await catchUp(platform, load, filled)
    while (filled.days < days) {
      nowMs = dayStartMs(FIRST_DAY + filled.days + 1)
      await appendDay(platform.readings, load, FIRST_DAY + filled.days)
      filled.settled.push(await county.settle())
      await platform.tidyLake()
      filled.rss.push(process.memoryUsage.rss())
      filled.days++
      keep(file, filled)
      if (filled.days % 30 === 0)
        say(
          `age: day ${filled.days}, ${platform.readings.extent().rows} readings, ${platform.readings.lakeFiles().length} files, RSS ${mb(must(filled.rss.at(-1)))} MB`,
        )
    }
  } finally {
    await platform.close()
  }
}

const filledOf = (file: string): Filled => JSON.parse(readFileSync(file, 'utf8')) as Filled
const keep = (file: string, filled: Filled): void => writeFileSync(file, JSON.stringify(filled))

/** Brings the load to where a run that was stopped had come, and appends what is missing of its last day. */
async function catchUp({ readings }: LocalPlatform, load: Load, filled: Filled): Promise<void> {
  const perDay = load.meters.length * STEPS
  const { rows } = readings.extent()
  load.skipTo(FIRST_DAY + filled.days)
  while (filled.days * perDay < rows) {
    let before = rows - filled.days * perDay
    for (const batch of load.day(FIRST_DAY + filled.days)) {
      const missing = batch.slice(Math.min(before, batch.length))
      before -= batch.length - missing.length
      if (missing.length > 0) await readings.append(missing, must(missing.at(-1)).atMs)
    }
    filled.days++
  }
}

async function measured(folder: string, perCounty: number, say: Say): Promise<CostRow[]> {
  const file = join(folder, '..', FILLED_FILE)
  const filled = filledOf(file)
  const load = loadOf(idsOf(perCounty))
  if (load.meters.length !== filled.meters) throw new Error(`"${folder}" is of another size`)
  let nowMs = dayStartMs(FIRST_DAY + filled.days)
  const platform = await openPlatform(folder, () => nowMs)
  try {
    await catchUp(platform, load, filled)
    const county = settledCounty(platform)
    const rates: Rates = { beside: [], alone: [], steadyBeside: [], steadyAlone: [], settledBeside: [] }
    for (let block = 0; block < BLOCKS; block++) {
      const compaction = block % 2 === 1 ? passes(platform) : undefined
      for (let day = 0; day < BLOCK_DAYS; day++) {
        const seconds = await appendDay(platform.readings, load, FIRST_DAY + filled.days)
        ;(compaction ? rates.beside : rates.alone).push(seconds)
        filled.days++
        nowMs = dayStartMs(FIRST_DAY + filled.days)
        ;(compaction ? rates.settledBeside : filled.settled).push(await county.settle())
      }
      const steady = await appendSteadily(platform.readings, load, FIRST_DAY + filled.days)
      ;(compaction ? rates.steadyBeside : rates.steadyAlone).push(...steady)
      filled.days++
      nowMs = dayStartMs(FIRST_DAY + filled.days)
      await compaction?.stop()
      filled.settled.push(await county.settle())
      filled.rss.push(process.memoryUsage.rss())
      keep(file, filled)
      say(
        `age: ${filled.days} days, ${platform.readings.lakeFiles().length} files, ${compaction ? 'beside' : 'without'} compaction`,
      )
    }
    await platform.tidyLake()
    const { rows } = platform.readings.extent()
    const expected = load.meters.length * STEPS * filled.days
    if (rows !== expected) throw new Error(`${expected} readings were appended, ${rows} are stored`)
    const undoSeconds = await county.undo(must(load.meters[1]), FIRST_DAY + RESET_DAY)
    return await rowsOf({ platform, folder, load, filled, rates, undoSeconds })
  } finally {
    await platform.close()
  }
}

interface Rates {
  /** Seconds of a day's ingest, as fast as it goes. */
  beside: number[]
  alone: number[]
  /** Milliseconds of a batch at the steady rate. */
  steadyBeside: number[]
  steadyAlone: number[]
  /** Seconds of settling a county's day while files move and merge. */
  settledBeside: number[]
}

interface Aged {
  platform: LocalPlatform
  folder: string
  load: Load
  filled: Filled
  rates: Rates
  undoSeconds: number
}

async function rowsOf({ platform, folder, load, filled, rates, undoSeconds }: Aged): Promise<CostRow[]> {
  const { days, reference, settled, rss } = filled
  const store = platform.readings
  const months = Array.from({ length: Math.floor(days / PLAIN_DAYS) }, (_, n) => FIRST_DAY + n * PLAIN_DAYS)
  const yearDays = Math.min(days, YEAR_DAYS)
  const years = [FIRST_DAY, FIRST_DAY + days - yearDays]
  const meterMonth = await timesOf(store, load.meters, { months, spanDays: 30, count: 300, together: 1 })
  const meterYear = await timesOf(store, load.meters, { months: years, spanDays: yearDays, count: 100, together: 1 })
  const institution = { spanDays: 30, count: 200, together: METERS_PER_INSTITUTION }
  const institutionMonth = await timesOf(store, load.meters, { months, ...institution })
  const last = { months: [FIRST_DAY + days - 30], spanDays: 30, count: 100, together: 1 }
  const youngest = await timesOf(store, load.meters, last)
  const { rows } = store.extent()
  const [daySettled, firstSettled] = [median(settled.slice(-PLAIN_DAYS)), median(settled.slice(0, PLAIN_DAYS))]
  const perDay = load.meters.length * STEPS
  const plain = `${PLAIN_DAYS} days in order of arrival`
  const read = (what: string, { wall, cpu }: Times, other: readonly number[], bar: number): CostRow =>
    cost(`${what} p99, ms`, percentile(wall, 0.99), { what: plain, value: percentile(other, 0.99) }, bar, {
      'p50 ms': percentile(wall, 0.5),
      'processor p50 ms': percentile(cpu, 0.5),
      'processor p99 ms': percentile(cpu, 0.99),
      'reference p50 ms': percentile(other, 0.5),
    })
  const [alone, beside] = [median(rates.alone), median(rates.beside)]
  const [aloneMs, besideMs] = [median(rates.steadyAlone), median(rates.steadyBeside)]
  const early = Math.max(...rss.slice(0, 30))
  return [
    read(`age, ${load.meters.length} meters × ${days} days: meter-month`, meterMonth, reference.meterMonth, 20),
    read('age: meter-month, the youngest', youngest, reference.meterMonth, 20),
    read('age: meter-year', meterYear, reference.meterMonth, 100),
    read('age: institution-month', institutionMonth, reference.institutionMonth, 30),
    cost('age: undo of an old event, s', undoSeconds, { what: 'a day of its county', value: firstSettled }, 1, {
      'days old': days - RESET_DAY,
    }),
    cost(
      `age: settling a county-day, of ${PLAIN_DAYS}, ms`,
      daySettled * 1000,
      { what: `of the first ${PLAIN_DAYS}`, value: firstSettled * 1000 },
      firstSettled * 1000,
      { meters: load.meters.length / COUNTIES, 'beside compaction ms': median(rates.settledBeside) * 1000 },
    ),
    cost('age: ingest of a day beside compaction, s', beside, { what: 'alone', value: alone }, 1.1 * alone, {
      'readings/s beside': perDay / beside,
      'readings/s alone': perDay / alone,
    }),
    cost('age: a steady batch beside compaction, ms', besideMs, { what: 'alone', value: aloneMs }, 1.1 * aloneMs, {
      'p99 beside ms': percentile(rates.steadyBeside, 0.99),
      'p99 alone ms': percentile(rates.steadyAlone, 0.99),
    }),
    cost('age: bytes a reading', bytesIn(folder) / rows, { what: plain, value: reference.bytesPerReading }, 3, {
      readings: rows,
      files: store.lakeFiles().length,
    }),
    cost('age: RSS, MB', mb(Math.max(...rss.slice(-30))), { what: 'in 30 days', value: mb(early) }, 1_500, {
      'now MB': mb(process.memoryUsage.rss()),
    }),
  ]
}

const cost = (
  what: string,
  value: number,
  reference: CostRow['reference'],
  bar: number,
  more: Record<string, number>,
): CostRow => ({ what, value, reference, ratio: value / reference.value, bar, more })

/** The first county, whose readings are settled each day. */
function settledCounty(platform: LocalPlatform) {
  const handler = settle(platform)
  const registry = registryReader(platform.state)
  const seconds = async (): Promise<number> => {
    const { shards } = await registry.refresh()
    const startedMs = performance.now()
    const { failed } = await handler({ shards: shards.slice(0, 1) })
    const [first] = failed
    if (first) throw new Error(`shard ${first.shard}: ${first.reason}`)
    return (performance.now() - startedMs) / 1000
  }
  return {
    settle: seconds,
    /** From the decision to hours that follow it; throws when there is no such event, or no hour changes. */
    async undo(id: string, day: number): Promise<number> {
      await registry.refresh()
      const { meter } = must(await registry.meter(id))
      const found = await eventsOf(platform, [meter], { fromMs: dayStartMs(day), toMs: dayStartMs(day + 1) })
      const { event } = must(found[0], `an event of ${id} on ${dayLabel(day)}`)
      const amount = async (): Promise<number> =>
        (await platform.consumption.get([id], day - 1, day + 2))
          .flatMap(({ amounts }) => [...amounts])
          .reduce((sum, one) => (Number.isNaN(one) ? sum : sum + one), 0)
      const before = await amount()
      const startedMs = performance.now()
      const entry = { state: 'undone' as const, who: 'bench', note: null, atMs: platform.now() }
      await putReview(platform.state, { meter: id, event }, entry)
      await seconds()
      const took = (performance.now() - startedMs) / 1000
      if ((await amount()) === before) throw new Error(`undoing ${event.kind} of ${id} changed no hour`)
      // For the next run on a kept folder.
      await putReview(platform.state, { meter: id, event }, { ...entry, state: 'open' })
      await seconds()
      return took
    },
  }
}

/** Passes of compaction, one after the other, until it is stopped. */
function passes(platform: LocalPlatform): { stop(): Promise<void> } {
  let goesOn = true
  const work = (async () => {
    while (goesOn) {
      await platform.tidyLake()
      await sleep(PASS_MS)
    }
  })()
  return {
    async stop() {
      goesOn = false
      await work
    },
  }
}

/** Seconds. */
async function appendDay(store: ReadingFile | LocalPlatform['readings'], load: Load, day: number): Promise<number> {
  let seconds = 0
  for (const batch of load.day(day)) {
    const startedMs = performance.now()
    await store.append(batch, must(batch.at(-1)).atMs)
    seconds += (performance.now() - startedMs) / 1000
  }
  return seconds
}

/** A day, at the steady rate for some seconds and then as fast as it goes; milliseconds of each batch of that time. */
async function appendSteadily(store: LocalPlatform['readings'], load: Load, day: number): Promise<number[]> {
  const perBatch = Math.max(1, Math.round((load.meters.length * 60_000) / STEP_MS / BATCHES_PER_SECOND))
  const times: number[] = []
  const endsMs = performance.now() + STEADY_SECONDS * 1000
  let dueMs = performance.now()
  let rest: StoredReading[] = []
  for (const batch of load.day(day, perBatch)) {
    dueMs += 1000 / BATCHES_PER_SECOND
    if (dueMs < endsMs) {
      await sleep(Math.max(0, dueMs - performance.now()))
      const startedMs = performance.now()
      await store.append(batch, must(batch.at(-1)).atMs)
      times.push(performance.now() - startedMs)
    } else if (rest.push(...batch) >= BATCH_ROWS) {
      await store.append(rest, must(rest.at(-1)).atMs)
      rest = []
    }
  }
  if (rest.length > 0) await store.append(rest, must(rest.at(-1)).atMs)
  return times
}

interface Reads {
  /** First days, one of which each read begins with. */
  months: readonly number[]
  spanDays: number
  count: number
  /** Meters that stand together, read at once. */
  together: number
}

/** Times of reads at chosen places; throws when one does not have each reading. */
async function timesOf(
  store: Pick<ReadingFile, 'range'>,
  meters: readonly string[],
  { months, spanDays, count, together }: Reads,
): Promise<Times> {
  const random = createRandom(SEED)
  const times: Times = { wall: [], cpu: [] }
  for (let n = 0; n < count; n++) {
    const first = Math.floor((random.next() * meters.length) / together) * together
    const own = meters.slice(first, first + together)
    const fromMs = dayStartMs(must(months[Math.floor(random.next() * months.length)])) + 1
    const [startedMs, before] = [performance.now(), process.cpuUsage()]
    const found = await store.range(own, fromMs, fromMs + spanDays * DAY_MS)
    times.wall.push(performance.now() - startedMs)
    const { user, system } = process.cpuUsage(before)
    times.cpu.push((user + system) / 1000)
    for (const meter of own) {
      const length = must(found.get(meter)).atMs.length
      if (length !== spanDays * STEPS) throw new Error(`${meter} has ${length} of ${spanDays * STEPS} readings`)
    }
  }
  return times
}

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(duckdb|duckdb\.wal|parquet)$/.test(entry.name))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)

const mb = (bytes: number): number => Math.round(bytes / 1e6)
