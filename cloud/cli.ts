// The commands that talk to AWS. They are apart from the commands of one machine (local/cli.ts), which need neither AWS
// nor its SDK; bin/kilowatch.mjs chooses. Credentials and region come from the AWS SDK's usual sources.

import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { type RebuildAwsOptions, rebuildAws } from './command-rebuild.ts'
import { replayDlq } from './command-replay-dlq.ts'
import { replayRecordAgain } from './command-replay-record.ts'

const count = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a limit is a whole number above 0')
  return number
}

const program = new Command('kilowatch').exitOverride()

program
  .command('replay-dlq')
  .description('say why messages are in a dead-letter queue in AWS, and send them back to their queue')
  .requiredOption('--queue-url <url>', 'the queue they came from')
  .option('--dlq-url <url>', 'the dead-letter queue; that of the queue when not given')
  .option('--bucket <name>', 'what IoT rules could not pass on, from the bucket of objects')
  .option('--limit <count>', 'at most so many messages', count, 10_000)
  .option('--dry-run', 'only say what is there')
  .option('--json', 'print one JSON document on stdout')
  .action(replayDlq)

program
  .command('replay-record')
  .description('send messages of the record in AWS into the queue again, by day (docs/operations.md#in-aws)')
  .requiredOption('--bucket <name>', 'the record: output RecordBucketName of the stack')
  .requiredOption('--queue-url <url>', 'the queue of messages with readings: output IngestQueueUrl')
  .requiredOption('--from <day>', 'the first day of receipt, in UTC: 2026-03-01')
  .option('--to <day>', 'the last one; the same when not given')
  .option('--gateway <id...>', 'of these gateways alone')
  .option('--after <key>', 'go on behind this object, where an earlier run stopped')
  .option('--dry-run', 'only count')
  .option('--json', 'print one JSON document on stdout')
  .action(replayRecordAgain)

program
  .command('rebuild')
  .description('compute everything again in AWS, county by county, while it goes on')
  .requiredOption('--aws', 'in AWS; without it a data folder of this machine is rebuilt')
  .requiredOption('--machine <arn>', 'the state machine: output RebuildMachineArn of the stack')
  .option('--area <code>', 'of this area alone')
  .option('--follow', 'wait until it is over, and say how far it is')
  .option('--json', 'print one JSON document on stdout')
  .action((options: RebuildAwsOptions) => rebuildAws(options))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(`kilowatch: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
