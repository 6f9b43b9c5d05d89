// Reads roles from the values of a claim (docs/rules/access.md#claims): `kilowatch:ROLE`, with places after it:
// `kilowatch:county:130102`, `kilowatch:contractor:NO-7:130102-0001`. A value that is wrong grants nothing.

import { type Grant, grantsProblem, ROLE_NAMES, roleRow } from './permission.ts'

const PREFIX = 'kilowatch'
const SEPARATOR = ':'

/** The grants of all values, or none when they cannot be held together. */
export function grantsOfClaim(values: readonly string[]): Grant[] {
  const grants = values.flatMap((value) => grantOf(value) ?? [])
  return grantsProblem(grants) === undefined ? grants : []
}

function grantOf(value: string): Grant | undefined {
  const [prefix, name, ...rest] = value.split(SEPARATOR)
  const role = ROLE_NAMES.find((one) => one === name)
  if (prefix !== PREFIX || role === undefined || role === 'visitor') return undefined
  const { place, contract: isForContract } = roleRow(role)
  const [contract, places] = isForContract ? [rest[0], rest.slice(1)] : [undefined, rest]
  if (places.includes('') || contract === '') return undefined
  const held: Grant = {
    role,
    ...((place === 'area' || place === 'either') && { areas: places }),
    // A value does not say which of the two a place of an installer is; ids of both kinds are apart.
    ...((place === 'institution' || place === 'either') && { institutions: places }),
    ...(contract !== undefined && { contract }),
  }
  return grantsProblem([held]) === undefined && (place !== 'everywhere' || places.length === 0) ? held : undefined
}
