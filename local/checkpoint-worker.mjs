// Thread that merges the log of state.sqlite into the file: 64 MB at once cost the host's own thread 80 to 130 ms of
// processor time and a sync of the disk. JavaScript, since no thread may load TypeScript (docs/decisions/0063).

import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'

/** At the rate of a province some megabytes. */
const CHECKPOINT_MS = 2_000

/** `workerData`: the path of state.sqlite. */
const db = new DatabaseSync(workerData)
// Passive: waits for nobody and holds nobody up; what is still read is merged the next time.
setInterval(() => db.exec('PRAGMA wal_checkpoint(PASSIVE)'), CHECKPOINT_MS)
