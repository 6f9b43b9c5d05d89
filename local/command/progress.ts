// Shows progress of long work on stderr: one line that is rewritten, and only when stderr is a terminal.

const EVERY_MS = 100

export interface ProgressLine {
  show(text: string): void
  clear(): void
}

export function progressLine(stream: NodeJS.WriteStream = process.stderr): ProgressLine {
  let shownMs = 0
  return {
    show(text) {
      if (!stream.isTTY || performance.now() - shownMs < EVERY_MS) return
      shownMs = performance.now()
      stream.write(`\r\u001b[2K${text}`)
    },
    clear() {
      if (stream.isTTY && shownMs > 0) stream.write('\r\u001b[2K')
    },
  }
}
