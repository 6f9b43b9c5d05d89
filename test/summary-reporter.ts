// Closes a test run with one plain line, "N passed, N failed, N skipped", which CI reads whatever the runner is.
// A test file that does not load and an error outside of any test count as failures.

import type { Reporter, TestModule } from 'vitest/node'

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    for (const module of modules) {
      count.failed += module.errors().length
      for (const test of module.children.allTests()) count[test.result().state] += 1
    }
    // A test still pending at the end was never run: an interrupted run does not pass.
    const failed = count.failed + count.pending
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    // After the other reporters, which write their own summary when this event has been handled by all.
    process.once('exit', () => process.stdout.write(`${count.passed} passed, ${failed} failed${skipped}\n`))
  }
}
