// Builds the queues of the handlers. Each has a dead-letter queue that keeps the payload; both are encrypted and accept
// TLS only.

import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { QUEUE_DELAY_SECONDS, RECEIVES_MAX } from '../functions/triggers.ts'
import { pascal } from './names.ts'

/** SQS's maximum: a handler may be broken over a holiday without losing readings. */
const RETENTION = Duration.days(14)

export interface WorkQueue {
  queue: Queue
  /** Queue for messages that were received too often. */
  deadLetters: Queue
  /** Ordered within a group (FIFO), one group a shard. */
  ordered: boolean
}

export interface WorkQueueOptions {
  /** FIFO, with a delay until a span of gathering is over (decision 0016). IoT rules cannot send to FIFO queues. */
  ordered: boolean
  /** How long a message in work stays hidden; longer than its function may run. */
  hidden: Duration
  /** Receives after which SQS sets a message aside; the function does it by itself before that, unless given. */
  attempts?: number
}

export function addWorkQueue(
  scope: Construct,
  name: string,
  { ordered, hidden, attempts = RECEIVES_MAX }: WorkQueueOptions,
): WorkQueue {
  const common: QueueProps = {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: RETENTION,
    // EventBridge Scheduler needs content-based ids; senders with their own ids are not affected.
    ...(ordered && { fifo: true, contentBasedDeduplication: true }),
  }
  const deadLetters = new Queue(scope, `${pascal(name)}DeadLetters`, common)
  const queue = new Queue(scope, `${pascal(name)}Queue`, {
    ...common,
    visibilityTimeout: hidden,
    deliveryDelay: ordered ? Duration.seconds(QUEUE_DELAY_SECONDS) : undefined,
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: attempts },
  })
  return { queue, deadLetters, ordered }
}
