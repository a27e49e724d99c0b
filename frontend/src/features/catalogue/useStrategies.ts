import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  listModelsOptions,
  listModelsQueryKey,
  listStrategiesOptions,
  listStrategiesQueryKey,
  prepareStrategyMutation,
} from '@/api/generated/@tanstack/react-query.gen'
import type { Strategy } from '@/api/generated/types.gen'

const PREPARING_MS = 1000
const RECONNECT_MS = 5000

export function isPreparing({ preparing }: Strategy): boolean {
  return preparing !== null
}

/** All strategies; asked again and again while one is being prepared. */
export function useStrategies() {
  return useQuery({
    ...listStrategiesOptions(),
    refetchInterval: ({ state }) => {
      if (state.data?.some(isPreparing)) return PREPARING_MS
      return state.status === 'error' ? RECONNECT_MS : false
    },
  })
}

/** All models. watching: files are arriving, so ask again. */
export function useModels(watching: boolean) {
  return useQuery({ ...listModelsOptions(), refetchInterval: watching ? PREPARING_MS : false })
}

export function usePrepare() {
  const client = useQueryClient()
  return useMutation({
    ...prepareStrategyMutation(),
    onSuccess: (prepared) => {
      client.setQueryData<Strategy[]>(listStrategiesQueryKey(), (all) =>
        all?.map((strategy) => (strategy.name === prepared.name ? prepared : strategy)),
      )
      return Promise.all([
        client.invalidateQueries({ queryKey: listStrategiesQueryKey() }),
        client.invalidateQueries({ queryKey: listModelsQueryKey() }),
      ])
    },
  })
}
