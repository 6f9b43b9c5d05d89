// The weather station whose temperatures stand for a place: the nearest of its climate zone that has enough data, else
// the nearest that has (CalTRACK 2.4, docs/rules/savings.md#weather-station). States the distance; a person looks at
// far ones.

export interface GeoPoint {
  latitudeDeg: number
  longitudeDeg: number
}

export interface WeatherStation extends GeoPoint {
  id: string
  /** Climate zone (建筑气候区划) as the list of stations has it; undefined when it is not known. */
  climateZone?: string
  /** Whether its series has enough data for the periods asked for. */
  isSufficient: boolean
}

export interface StationChoice {
  station: WeatherStation
  distanceKm: number
  isOtherZone: boolean
  /** CalTRACK 2.4.2: above 200 km. */
  isFar: boolean
}

const FAR_KM = 200
const EARTH_RADIUS_KM = 6371

/** Undefined when no station has enough data. Equal distances: the first by id. */
export function chooseStation(
  place: GeoPoint & { climateZone?: string },
  stations: readonly WeatherStation[],
): StationChoice | undefined {
  const choices = stations
    .filter(({ isSufficient }) => isSufficient)
    .map((station): StationChoice => {
      const distanceKm = kmBetween(place, station)
      const isOtherZone = place.climateZone !== undefined && station.climateZone !== place.climateZone
      return { station, distanceKm, isOtherZone, isFar: distanceKm > FAR_KM }
    })
    .sort(
      (a, b) =>
        Number(a.isOtherZone) - Number(b.isOtherZone) ||
        a.distanceKm - b.distanceKm ||
        (a.station.id < b.station.id ? -1 : 1),
    )
  return choices[0]
}

/** Great-circle distance (haversine). */
function kmBetween(a: GeoPoint, b: GeoPoint): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180
  const latitude = Math.sin(radians(b.latitudeDeg - a.latitudeDeg) / 2)
  const longitude = Math.sin(radians(b.longitudeDeg - a.longitudeDeg) / 2)
  const share = latitude ** 2 + Math.cos(radians(a.latitudeDeg)) * Math.cos(radians(b.latitudeDeg)) * longitude ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(share)))
}
