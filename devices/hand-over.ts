// Hands readings from several sides to the one gateway that takes them: a side waits until its readings were taken, so
// that a full outbox slows it and memory stays flat.

interface Offered<Item> {
  item: Item
  settle: (wasTaken: boolean) => void
}

export class HandOver<Item> {
  readonly #offered: Offered<Item>[] = []
  #given: Offered<Item> | undefined
  #isEnding = false
  #isEnded = false
  #wake: () => void = () => {}

  /** True once the taker has come back for more after this item; false when the end was near first. */
  offer(item: Item): Promise<boolean> {
    return new Promise((resolve) => {
      this.#offered.push({ item, settle: resolve })
      if (this.#isEnding) resolve(false)
      this.#wake()
    })
  }

  /** Nobody waits any longer for an item to be taken. */
  release(): void {
    this.#isEnding = true
    for (const { settle } of [...(this.#given ? [this.#given] : []), ...this.#offered]) settle(false)
  }

  /** No more items come. */
  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  /** Yields what is offered, up to the end. */
  async *items(): AsyncGenerator<Item> {
    for (;;) {
      this.#given = this.#offered.shift()
      if (this.#given) {
        yield this.#given.item
        this.#given.settle(true)
      } else if (this.#isEnded) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}
