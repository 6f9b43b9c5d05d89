// Checks a 统一社会信用代码 by GB 32100-2015 (docs/rules/data.md#credit-codes): 18 characters, the last of which follows
// from the others.

/** Digits and capital letters without I, O, S, V and Z; the place of a character is its value. */
const CHARACTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const LENGTH = 18
const SCIENTIFIC = /^[+-]?\d+([.,]\d+)?[eE][+-]?\d+$/

/** The reason for which the text can be no credit code; undefined when it may be one. */
export function creditCodeFinding(text: string): string | undefined {
  if (SCIENTIFIC.test(text))
    return 'is in scientific notation: a spreadsheet made a number of the code and lost its digits; keep it as text'
  const strange = [...text].find((character) => !CHARACTERS.includes(character))
  if (strange !== undefined)
    return `has "${strange}"; a credit code has digits and capital letters without I, O, S, V, Z`
  return text.length === LENGTH ? undefined : `has ${text.length} characters, not ${LENGTH}`
}

/** The sign that a character of a credit code was mistyped; undefined when the check character fits. */
export function creditCodeDoubt(code: string): string | undefined {
  const check = checkCharacter(code)
  return code.endsWith(check) ? undefined : `ends in ${code.at(-1)}; by its other characters it would end in ${check}`
}

/** 31 less the sum of value × 3^place, modulo 31, over the first 17 characters. */
function checkCharacter(text: string): string {
  let [sum, weight] = [0, 1]
  for (const character of text.slice(0, LENGTH - 1)) {
    sum += CHARACTERS.indexOf(character) * weight
    weight = (weight * 3) % CHARACTERS.length
  }
  return CHARACTERS.charAt((CHARACTERS.length - (sum % CHARACTERS.length)) % CHARACTERS.length)
}
