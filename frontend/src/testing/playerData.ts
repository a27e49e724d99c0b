import type { Clip, PlayerData, Track } from '@/api/generated'

/** What the player gets from the service, for tests; each takes what the test is about. */

export function aTrack(name: string, change: Partial<Track> = {}): Track {
  const files = '/api/jobs/job-1'
  return {
    name,
    label: name.charAt(0).toUpperCase() + name.slice(1),
    url: `${files}/stems/${name}.flac?v=1`,
    bytes: 1000,
    blockSize: 4096,
    streaminfo: '',
    indexUrl: `${files}/stems/${name}.index?v=1`,
    peaks: [256, 2048].map((pixels) => ({ samplesPerPixel: pixels, url: `${files}/peaks/${name}.${pixels}.dat?v=1` })),
    overview: [-64, 64],
    gainDb: 0,
    lufs: -20,
    ...change,
  }
}

export function aPlayer(change: Partial<PlayerData> = {}): PlayerData {
  return {
    recordingId: 'recording-1',
    jobId: 'job-1',
    title: 'Lithium',
    profile: 'demo',
    strategy: 'instant',
    sampleRate: 44100,
    frames: 441_000,
    commonGain: 1,
    sumToMixtureDb: -200,
    mixture: aTrack('mixture'),
    stems: ['drums', 'bass', 'vocals', 'other'].map((name) => aTrack(name)),
    ...change,
  }
}

/** From one second to three of the song. */
export function aClip(change: Partial<Clip> = {}): Clip {
  return {
    id: 'clip-1',
    recordingId: 'recording-1',
    jobId: 'job-1',
    title: 'Solo',
    start: 44_100,
    end: 132_300,
    mix: {},
    createdAt: '2026-11-20T17:00:00Z',
    ...change,
  }
}
