import { describe, expect, it } from 'vitest'
import { aJob } from '@/testing/data'
import { formatName, stemAddress, zipAddress } from './downloads'

describe('downloads', () => {
  it('call formats by the names people know, and others by their own', () => {
    expect(['flac', 'opus', 'aiff'].map(formatName)).toEqual(['FLAC', 'Opus', 'aiff'])
  })

  it('have addresses at their job', () => {
    expect(zipAddress(aJob())).toBe('/api/jobs/job-1/download')
    expect(stemAddress(aJob(), 'lead vocals', 'flac')).toBe('/api/jobs/job-1/stems/lead%20vocals/download?format=flac')
  })
})
