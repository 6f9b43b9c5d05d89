// Student's t distribution: quantiles for uncertainty bands and p-values of slopes (docs/rules/savings.md#uncertainty).
// Two functions do not make a dependency: libraries that have them are large or unmaintained
// (docs/decisions/0028-savings.md).

/** Lanczos coefficients for g = 7, n = 9; relative error below 1e-15 for positive arguments. */
const LANCZOS_G = 7
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]
const FRACTION_STEPS_MAX = 500
const BISECTIONS = 200

/** Two-sided p-value of a t statistic with `degrees` > 0 degrees of freedom: P(|T| ≥ |t|). */
export function tTwoSided(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return Number.isNaN(t) ? Number.NaN : 0
  return betaRegularized(degrees / (degrees + t * t), degrees / 2, 0.5)
}

/** The t that a two-sided interval of `confidence` (0 to 1) reaches to. NaN when there is no degree of freedom. */
export function tOfConfidence(confidence: number, degrees: number): number {
  if (!(degrees > 0)) return Number.NaN
  const outside = 1 - confidence
  let low = 0
  let high = 1
  while (tTwoSided(high, degrees) > outside) high *= 2
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (tTwoSided(middle, degrees) > outside) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The regularized incomplete beta function I_x(a, b), by the continued fraction on the side where it converges. */
function betaRegularized(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b
}

/** Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const nonZero = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value)
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= FRACTION_STEPS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d)
    c = nonZero(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d)
    c = nonZero(1 + odd / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return fraction
}

function logGamma(x: number): number {
  const z = x - 1
  const base = z + LANCZOS_G + 0.5
  const sum = LANCZOS.reduce((total, coefficient, i) => total + (i === 0 ? coefficient : coefficient / (z + i)), 0)
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(base) - base + Math.log(sum)
}
