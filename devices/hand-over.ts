// Hands readings from several lines to the one gateway that takes them: a line waits until its readings are taken, so
// that a full outbox slows the lines and memory stays flat.

interface Offered<Item> {
  item: Item
  taken: () => void
}

export class HandOver<Item> {
  readonly #offered: Offered<Item>[] = []
  #isEnding = false
  #isEnded = false
  #wake: () => void = () => {}

  /** Resolves when the item was taken, or at once when the end is near. */
  offer(item: Item): Promise<void> {
    return new Promise((resolve) => {
      this.#offered.push({ item, taken: resolve })
      if (this.#isEnding) resolve()
      this.#wake()
    })
  }

  /** Nobody waits any longer for an item to be taken. */
  release(): void {
    this.#isEnding = true
    for (const { taken } of this.#offered) taken()
  }

  /** No more items come. */
  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  /** Yields what is offered, up to the end. */
  async *items(): AsyncGenerator<Item> {
    for (;;) {
      const next = this.#offered.shift()
      if (next) {
        next.taken()
        yield next.item
      } else if (this.#isEnded) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}
