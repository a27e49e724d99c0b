import { renderHook } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import type { PlayerData } from '@/api/generated'
import { aPlayer, aTrack } from '@/testing/playerData'
import { aSession } from '@/testing/playerSession'
import { stemSources, useStemSources } from './playerSession'

describe('stemSources', () => {
  it('names the files of each stem, with one trim for all', () => {
    const [first, second] = stemSources(aPlayer({ stems: [aTrack('drums'), aTrack('bass')] }), -3)
    expect(first).toEqual({
      stem: 'drums',
      url: '/api/jobs/job-1/stems/drums.flac?v=1',
      indexUrl: '/api/jobs/job-1/stems/drums.index?v=1',
      streaminfo: '',
      trim: -3,
    })
    expect(second).toMatchObject({ stem: 'bass', trim: -3 })
  })

  it('are as loud as they are without a comparison', () => {
    expect(stemSources(aPlayer())[0]?.trim).toBe(0)
  })
})

describe('useStemSources', () => {
  function setUp(data: PlayerData, compared: readonly PlayerData[] = []) {
    const session = aSession({}, [])
    const { rerender } = renderHook(({ data, compared }) => useStemSources(session, data, compared), {
      initialProps: { data, compared },
    })
    return { ...session, rerender }
  }

  it('loads the stems, and lets the editor know them', () => {
    const { player, editor } = setUp(aPlayer({ stems: [aTrack('drums'), aTrack('bass')] }))
    expect(player.calls).toContain('load')
    expect(editor.stems).toEqual(['drums', 'bass'])
    expect([...player.mix.keys()]).toEqual(['drums', 'bass'])
  })

  it('loads them anew when another one has become ready, and not otherwise', () => {
    const data = aPlayer({ stems: [aTrack('drums')] })
    const { player, editor, rerender } = setUp(data)
    const loads = () => player.calls.filter((call) => call === 'load').length
    rerender({ data, compared: [] })
    expect(loads()).toBe(1)
    rerender({ data: aPlayer({ stems: [aTrack('drums'), aTrack('bass')] }), compared: [] })
    expect(loads()).toBe(2)
    expect(editor.stems).toEqual(['drums', 'bass'])
  })

  it('loads them anew when a comparison makes them quieter', () => {
    const data = aPlayer()
    const quieter = aPlayer({ jobId: 'job-2', mixture: aTrack('mixture', { lufs: -26 }) })
    const { player, rerender } = setUp(data)
    rerender({ data, compared: [quieter] })
    expect(player.calls.filter((call) => call === 'load')).toHaveLength(2)
  })
})
