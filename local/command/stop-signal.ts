// The signal by which a command ends in order: servers, gateways and temporary folders go before the process does.

/**
 * Aborts at the first SIGINT or SIGTERM. npm passes on the one and the terminal sends it too, so more of them are
 * ignored. Also aborts when a parent that holds a channel to us is gone: a replay's host must not outlive its replay.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => stopping.abort(new Error(`stopped by ${name}`)))
  }
  process.once('disconnect', () => stopping.abort(new Error('the parent process is gone')))
  // Listening holds the channel open, which would keep a command that has stopped from ending.
  process.channel?.unref()
  return stopping.signal
}
