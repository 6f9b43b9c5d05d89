// The options of `kilowatch replay`, and the plan that each layout of input files yields.

import type { ReplayGateway } from '../../devices/replay/replay.ts'
import { dayLabel, dayOf } from '../../domain/calendar.ts'
import type { Client } from './client.ts'

export interface ReplayCommandOptions {
  readings: string
  buildings?: string
  json?: boolean
  url?: string
  api?: string
  token?: string
  data: string
  outbox?: string
  reductionPct: number
  shuffle?: string
  duplicate?: boolean
}

/** Content of one input layout: its registry, its gateways without passwords, and how to read its result. */
export interface ReplayPlan {
  registry: { gateways: readonly { id: string }[] } & Record<string, unknown>
  gateways: readonly Omit<ReplayGateway, 'password'>[]
  /** The area whose freshness shows that everything is settled. */
  area: string
  /** Reads the result from the API. */
  result(client: Client): Promise<Record<string, unknown>>
  notes: readonly string[]
}

/** The `validTo` of a recorded meter: nothing is expected of it after its last reading's day. */
export const dayAfterRecord = (lastMs: number): string => dayLabel(dayOf(lastMs) + 1)
