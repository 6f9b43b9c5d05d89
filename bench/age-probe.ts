// A store that is a year old: a city's meters each quarter of an hour through append, tidying and settling, then the
// reads of a page, an undone event of the first month, a day's settling, and ingest beside compaction. Reference: the
// same readings of the first month in a store that moves nothing, and the same work on the second day.

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

const COUNTIES = 20
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
/** Pairs of days with and without compaction. */
const PAIRS = 5
const SEED = 'age'

interface Load {
  meters: readonly string[]
  /** All readings of a day, in batches, as they come in. */
  day(day: number): Iterable<StoredReading[]>
}

async function benchAge(scale: number, say: (line: string) => void): Promise<CostRow[]> {
  const days = scale < SMALL ? SMALL_DAYS : YEAR_DAYS
  const perCounty = Math.max(1, Math.round(INSTITUTIONS_PER_COUNTY * scale))
  const [aged, plain] = [mkdtempSync(join(tmpdir(), 'kilowatch-age-')), mkdtempSync(join(tmpdir(), 'kilowatch-age-'))]
  try {
    const reference = await plainStore(plain, { perCounty, say })
    return await agedStore(aged, { perCounty, days, reference, say })
  } finally {
    for (const folder of [aged, plain]) rmSync(folder, { recursive: true, force: true })
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
  const stepsPerBatch = Math.min(STEPS, Math.max(1, Math.round(BATCH_ROWS / meters.length)))
  return {
    meters,
    *day(day) {
      if (day === FIRST_DAY + RESET_DAY) registers[1] = 0
      for (let first = 0; first < STEPS; first += stepsPerBatch) {
        const batch: StoredReading[] = []
        for (let step = first; step < Math.min(STEPS, first + stepsPerBatch); step++) {
          const shape = 0.2 + 0.8 * Math.max(0, Math.sin((Math.PI * (step - 24)) / 56))
          for (const meter of order) {
            const register = must(registers[meter]) + Math.round(must(full[meter]) * shape * (0.5 + random.next()))
            registers[meter] = register
            batch.push({
              meter: must(meters[meter]),
              atMs: dayStartMs(day) + (step + 1) * STEP_MS,
              value: register / 100,
              quality: 'good',
            })
          }
        }
        yield batch
      }
    },
  }
}

interface Figures {
  meterMonth: number[]
  institutionMonth: number[]
  bytesPerReading: number
}

/** The first month, in order of arrival. */
async function plainStore(folder: string, { perCounty, say }: Pick<Filling, 'perCounty' | 'say'>): Promise<Figures> {
  const store = await openReadingStore(join(folder, 'readings.duckdb'))
  const load = loadOf(idsOf(perCounty))
  for (let day = FIRST_DAY; day < FIRST_DAY + PLAIN_DAYS; day++) await appendDay(store, load, day)
  const month = { months: [FIRST_DAY], spanDays: PLAIN_DAYS }
  const figures = {
    meterMonth: await timesOf(store, load.meters, { ...month, count: 100, together: 1 }),
    institutionMonth: await timesOf(store, load.meters, { ...month, count: 100, together: METERS_PER_INSTITUTION }),
  }
  const { rows } = store.extent()
  await store.close()
  say(`age: reference of ${rows} readings: meter-month p99 ${percentile(figures.meterMonth, 0.99).toFixed(1)} ms`)
  return { ...figures, bytesPerReading: bytesIn(folder) / rows }
}

interface Filling {
  perCounty: number
  days: number
  reference: Figures
  say(line: string): void
}

async function agedStore(folder: string, { perCounty, days, reference, say }: Filling): Promise<CostRow[]> {
  let nowMs = dayStartMs(FIRST_DAY)
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
    const settled: number[] = []
    const rates = { beside: [] as number[], alone: [] as number[] }
    const rss: number[] = []
    for (let n = 0; n < days; n++) {
      nowMs = dayStartMs(FIRST_DAY + n + 1)
      // The last days in turn with and without compaction beside them.
      const isPair = n >= days - 2 * PAIRS
      const isBeside = isPair && n % 2 === 1
      const pass = isBeside ? platform.tidyLake() : undefined
      const seconds = await appendDay(platform.readings, load, FIRST_DAY + n)
      if (isPair) (isBeside ? rates.beside : rates.alone).push((load.meters.length * STEPS) / seconds)
      await pass
      settled.push(await county.settle())
      if (!isPair) await platform.tidyLake()
      rss.push(process.memoryUsage.rss())
      if (n % 30 === 29)
        say(
          `age: day ${n + 1}, ${platform.readings.extent().rows} readings, ${platform.readings.lakeFiles().length} files, RSS ${mb(must(rss.at(-1)))} MB`,
        )
    }
    const { rows } = platform.readings.extent()
    const expected = load.meters.length * STEPS * days
    if (rows !== expected) throw new Error(`${expected} readings were appended, ${rows} are stored`)
    const undoSeconds = await county.undo(must(load.meters[1]), FIRST_DAY + RESET_DAY)
    return await rowsOf({ platform, folder, load, days, reference, settled, rates, rss, undoSeconds })
  } finally {
    await platform.close()
  }
}

interface Aged {
  platform: LocalPlatform
  folder: string
  load: Load
  days: number
  reference: Figures
  /** Seconds that settling a county's day took, by day. */
  settled: readonly number[]
  /** Readings per second. */
  rates: { beside: readonly number[]; alone: readonly number[] }
  rss: readonly number[]
  undoSeconds: number
}

async function rowsOf({ platform, folder, load, days, reference, settled, rates, rss, undoSeconds }: Aged) {
  const store = platform.readings
  const months = Array.from({ length: Math.floor(days / PLAIN_DAYS) }, (_, n) => FIRST_DAY + n * PLAIN_DAYS)
  const meterMonth = await timesOf(store, load.meters, { months, spanDays: 30, count: 300, together: 1 })
  const meterYear = await timesOf(store, load.meters, { months: [FIRST_DAY], spanDays: days, count: 100, together: 1 })
  const institution = { spanDays: 30, count: 200, together: METERS_PER_INSTITUTION }
  const institutionMonth = await timesOf(store, load.meters, { months, ...institution })
  const { rows } = store.extent()
  const daySettled = median(settled.slice(-7)) * 1000
  const secondDay = must(settled[1]) * 1000
  const beside = median(rates.beside)
  const alone = median(rates.alone)
  const plain = `${PLAIN_DAYS} days in order of arrival`
  const read = (what: string, own: readonly number[], other: readonly number[], bar: number): CostRow =>
    cost(`${what} p99, ms`, percentile(own, 0.99), { what: plain, value: percentile(other, 0.99) }, bar, {
      'p50 ms': percentile(own, 0.5),
      'reference p50 ms': percentile(other, 0.5),
    })
  const total = `${load.meters.length} meters × ${days} days`
  return [
    read(`age, ${total}: meter-month`, meterMonth, reference.meterMonth, 20),
    read('age: meter-year', meterYear, reference.meterMonth, 100),
    read('age: institution-month', institutionMonth, reference.institutionMonth, 30),
    cost('age: undo of an old event, s', undoSeconds, { what: 'a day of its county', value: must(settled[1]) }, 1, {
      'days old': days - RESET_DAY,
    }),
    cost('age: settling a county-day, ms', daySettled, { what: 'on day 2', value: secondDay }, secondDay, {
      meters: load.meters.length / COUNTIES,
    }),
    cost('age: time of ingest beside compaction', alone / beside, { what: 'alone', value: 1 }, 1.1, {
      'readings/s beside': beside,
      'readings/s alone': alone,
    }),
    cost('age: bytes a reading', bytesIn(folder) / rows, { what: plain, value: reference.bytesPerReading }, 3, {
      readings: rows,
      files: store.lakeFiles().length,
    }),
    cost(
      'age: RSS, MB',
      mb(Math.max(...rss.slice(-30))),
      { what: 'after 30 days', value: mb(Math.max(...rss.slice(0, 30))) },
      1_500,
      { 'now MB': mb(process.memoryUsage.rss()) },
    ),
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
      return took
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

interface Reads {
  /** First days, one of which each read begins with. */
  months: readonly number[]
  spanDays: number
  count: number
  /** Meters that stand together, read at once. */
  together: number
}

/** Milliseconds of reads at chosen places; throws when one does not have each reading. */
async function timesOf(
  store: Pick<ReadingFile, 'range'>,
  meters: readonly string[],
  { months, spanDays, count, together }: Reads,
): Promise<number[]> {
  const random = createRandom(SEED)
  const times: number[] = []
  for (let n = 0; n < count; n++) {
    const first = Math.floor((random.next() * meters.length) / together) * together
    const own = meters.slice(first, first + together)
    const fromMs = dayStartMs(must(months[Math.floor(random.next() * months.length)])) + 1
    const startedMs = performance.now()
    const found = await store.range(own, fromMs, fromMs + spanDays * DAY_MS)
    times.push(performance.now() - startedMs)
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

import { existsSync } from 'node:fs'

const folder = '/tmp/b/rg/store'
const platform = await openPlatform(folder, () => dayStartMs(FIRST_DAY + 62))
const load = loadOf(idsOf(20))
if (platform.readings.extent().rows === 0) {
  await registerFleet(platform, {
    counties: COUNTIES,
    institutionsPerCounty: 20,
    metersPerInstitution: 10,
    intervalMinutes: 15,
  })
  for (let n = 0; n < 62; n++) {
    await appendDay(platform.readings, load, FIRST_DAY + n)
    if (n % 2)
      await platform.readings.tidy({
        countiesOf: async (ms) => ms.map((m) => m.slice(0, 6)),
        nowMs: dayStartMs(FIRST_DAY + n + 1),
      })
  }
}
console.log(platform.readings.extent(), platform.readings.lakeFiles().length)
for (const [what, together, spanDays, from] of [
  ['meter-month', 1, 30, 0],
  ['inst-month', 10, 30, 0],
  ['meter-2m', 1, 61, 0],
  ['meter-month2', 1, 30, 31],
] as const) {
  const cpu: number[] = []
  const wall: number[] = []
  const random = createRandom('x')
  for (let i = 0; i < 80; i++) {
    const first = Math.floor((random.next() * load.meters.length) / together) * together
    const own = load.meters.slice(first, first + together)
    const from0 = dayStartMs(FIRST_DAY + from) + 1
    const t = performance.now(),
      u0 = process.cpuUsage()
    await platform.readings.range(own, from0, from0 + spanDays * DAY_MS)
    const u = process.cpuUsage(u0)
    cpu.push((u.user + u.system) / 1000)
    wall.push(performance.now() - t)
  }
  console.log(
    what,
    'cpu p50',
    median(cpu).toFixed(1),
    'p90',
    percentile(cpu, 0.9).toFixed(1),
    'wall p50',
    median(wall).toFixed(1),
    'p99',
    percentile(wall, 0.99).toFixed(1),
  )
}
await platform.close()
