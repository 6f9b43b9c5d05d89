// The queues between what happens and who works on it. Each has a queue of dead letters that keeps the payload; both
// are encrypted and take messages over TLS only.

import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { QUEUE_DELAY_SECONDS, RECEIVES_MAX } from '../functions/triggers.ts'
import { pascal } from './names.ts'

/** The longest that SQS keeps a message: a handler may be broken over a holiday without losing readings. */
const RETENTION = Duration.days(14)

export interface WorkQueue {
  queue: Queue
  /** Where messages go that were received too often. */
  deadLetters: Queue
  /** Ordered within a group (FIFO), one group a shard. */
  ordered: boolean
}

export interface WorkQueueOptions {
  /**
   * FIFO, held back until a span of gathering is over (decision 0016). IoT rules can only send to queues that are not.
   */
  ordered: boolean
  /** A message that is worked on stays hidden so long; longer than its function may run. */
  hidden: Duration
}

export function addWorkQueue(scope: Construct, name: string, { ordered, hidden }: WorkQueueOptions): WorkQueue {
  const common: QueueProps = {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: RETENTION,
    // EventBridge Scheduler needs content-based ids; whoever gives an id of its own is not affected.
    ...(ordered && { fifo: true, contentBasedDeduplication: true }),
  }
  const deadLetters = new Queue(scope, `${pascal(name)}DeadLetters`, common)
  const queue = new Queue(scope, `${pascal(name)}Queue`, {
    ...common,
    visibilityTimeout: hidden,
    deliveryDelay: ordered ? Duration.seconds(QUEUE_DELAY_SECONDS) : undefined,
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: RECEIVES_MAX },
  })
  return { queue, deadLetters, ordered }
}
