import { useQuery } from '@tanstack/react-query'
import {
  getConfigOptions,
  getHealthOptions,
  listProfilesOptions,
  listStrategiesOptions,
} from '@/api/generated/@tanstack/react-query.gen'
import type { Health } from '@/api/generated/types.gen'

const POLL_MS = 5000

/** What the server answers when a part of it does not work: the same document, as an error. */
function isHealth(value: unknown): value is Health {
  return typeof value === 'object' && value !== null && 'database' in value
}

/** How the server is, every few seconds; undefined while it was never heard of. */
export function useHealth() {
  const query = useQuery({ ...getHealthOptions(), refetchInterval: POLL_MS, retry: false })
  const error: unknown = query.error
  return { health: isHealth(error) ? error : query.data, unreachable: query.isError && !isHealth(error) }
}

export function useCatalogue() {
  const config = useQuery(getConfigOptions())
  const profiles = useQuery(listProfilesOptions())
  const strategies = useQuery(listStrategiesOptions())
  return { config, profiles, strategies }
}
