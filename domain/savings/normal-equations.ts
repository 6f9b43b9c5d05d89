// Least squares by normal equations, for models with more terms than the candidate search has
// (docs/rules/savings.md#interval). Terms that depend on earlier ones are left out, so a singular set has a solution
// too.

/** A pivot below this part of its diagonal element is a term that earlier ones make up. */
const DEPENDENT = 1e-9

/** Weighted sums of products of the terms and the target, taken a row at a time. */
export class NormalEquations {
  readonly #size: number
  readonly #products: Float64Array
  readonly #targets: Float64Array

  constructor(size: number) {
    this.#size = size
    this.#products = new Float64Array(size * size)
    this.#targets = new Float64Array(size)
  }

  /** Adds a row; terms that are 0 cost nothing. */
  add(terms: Float64Array, target: number, weight = 1): void {
    for (let i = 0; i < this.#size; i++) {
      const term = terms[i] as number
      if (term === 0) continue
      this.#targets[i] = (this.#targets[i] as number) + weight * term * target
      for (let j = 0; j <= i; j++) {
        const at = i * this.#size + j
        this.#products[at] = (this.#products[at] as number) + weight * term * (terms[j] as number)
      }
    }
  }

  factorise(): Factor {
    return new Factor(this.#products, this.#targets)
  }
}

/** Cholesky's factor of the products. */
export class Factor {
  readonly #size: number
  readonly #lower: Float64Array
  readonly #targets: Float64Array
  /** Terms that are not left out. */
  readonly rank: number

  constructor(products: Float64Array, targets: Float64Array) {
    const size = targets.length
    const lower = products.slice()
    let rank = 0
    for (let i = 0; i < size; i++) {
      const diagonal = lower[i * size + i] as number
      for (let j = 0; j <= i; j++) {
        let sum = lower[i * size + j] as number
        for (let k = 0; k < j; k++) sum -= (lower[i * size + k] as number) * (lower[j * size + k] as number)
        if (j < i) {
          const pivot = lower[j * size + j] as number
          lower[i * size + j] = pivot > 0 ? sum / pivot : 0
        } else {
          const isOwn = sum > DEPENDENT * diagonal
          lower[i * size + i] = isOwn ? Math.sqrt(sum) : 0
          if (isOwn) rank += 1
        }
      }
    }
    this.#size = size
    this.#lower = lower
    this.#targets = targets
    this.rank = rank
  }

  /** Coefficients of the terms; 0 for those that are left out. */
  solve(): Float64Array {
    const forward = this.#forward(this.#targets)
    for (let i = this.#size - 1; i >= 0; i--) {
      const pivot = this.#lower[i * this.#size + i] as number
      if (pivot === 0) {
        forward[i] = 0
        continue
      }
      let sum = forward[i] as number
      for (let k = i + 1; k < this.#size; k++)
        sum -= (this.#lower[k * this.#size + i] as number) * (forward[k] as number)
      forward[i] = sum / pivot
    }
    return forward
  }

  /** vᵀ (XᵀX)⁻¹ v: the variance of a prediction over that of a residual. */
  leverage(vector: Float64Array): number {
    return this.#forward(vector).reduce((sum, value) => sum + value * value, 0)
  }

  #forward(vector: Float64Array): Float64Array {
    const solved = new Float64Array(this.#size)
    for (let i = 0; i < this.#size; i++) {
      const pivot = this.#lower[i * this.#size + i] as number
      if (pivot === 0) continue
      let sum = vector[i] as number
      for (let k = 0; k < i; k++) sum -= (this.#lower[i * this.#size + k] as number) * (solved[k] as number)
      solved[i] = sum / pivot
    }
    return solved
  }
}
