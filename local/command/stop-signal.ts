// The abort signal that ends a command in order: servers, gateways and temporary folders first, then the process.

/**
 * Aborts at the first SIGINT or SIGTERM. npm passes one on and the terminal sends it too, so further ones are ignored.
 * Also aborts when a parent that holds a channel to this process is gone: a replay's host must not outlive its replay.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => stopping.abort(new Error(`stopped by ${name}`)))
  }
  process.once('disconnect', () => stopping.abort(new Error('the parent process is gone')))
  // A listener keeps the channel open, which would keep a stopped command from ending.
  process.channel?.unref()
  return stopping.signal
}
