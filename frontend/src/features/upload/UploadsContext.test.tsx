import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { describe, expect, it } from 'vitest'
import { UploadsContext, useUploadsOf } from './UploadsContext'
import { Uploads } from './uploads'

function setUp(profile: string) {
  const uploads = new Uploads(() => new Promise(() => {}))
  const wrapper = ({ children }: { children: ReactNode }) => <UploadsContext value={uploads}>{children}</UploadsContext>
  const { result } = renderHook(() => useUploadsOf(profile), { wrapper })
  return { uploads, names: () => result.current.map(({ request }) => request.file.name) }
}

const file = (name: string) => new File(['x'], name)

describe('the uploads of a profile', () => {
  it('follow what is added and removed', () => {
    const { uploads, names } = setUp('demo')
    act(() => uploads.add([file('one.wav'), file('two.wav')], 'demo', 'instant', undefined))
    expect(names()).toEqual(['one.wav', 'two.wav'])
    act(() => uploads.remove(uploads.snapshot()[0]?.id ?? 0))
    expect(names()).toEqual(['two.wav'])
  })

  it('are not those of another one', () => {
    const { uploads, names } = setUp('demo')
    act(() => uploads.add([file('one.wav')], 'rehearsal', 'instant', undefined))
    expect(names()).toEqual([])
  })
})
