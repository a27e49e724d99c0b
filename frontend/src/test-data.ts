import type { Health, Job, JobNode, Profile, Recording, ServiceConfig, Strategy } from '@/api/generated/types.gen'

/** Wire values for tests; each takes what the test is about. */

export function aNode(change: Partial<JobNode> = {}): JobNode {
  return {
    path: 'root',
    parent: null,
    model: 'percussive',
    title: 'Percussive',
    state: 'waiting',
    fraction: 0,
    seconds: null,
    cached: false,
    ...change,
  }
}

export function aJob(change: Partial<Job> = {}): Job {
  return {
    id: 'job-1',
    recordingId: 'recording-1',
    profile: 'demo',
    strategy: 'instant',
    state: 'running',
    nodes: [aNode()],
    stems: [],
    expectedStems: ['drums', 'bass', 'vocals', 'other'],
    failure: null,
    sumToMixtureDb: null,
    attempt: 1,
    etaS: null,
    queuePosition: null,
    createdAt: '2026-11-20T17:00:00Z',
    startedAt: null,
    finishedAt: null,
    lastEvent: 1,
    ...change,
  }
}

export function aRecording(change: Partial<Recording> = {}): Recording {
  return {
    id: 'recording-1',
    profile: 'demo',
    title: 'Lithium',
    tags: [],
    fileName: 'lithium.wav',
    bytes: 1000,
    sha256: 'a'.repeat(64),
    durationS: 60,
    sampleRate: 44100,
    channels: 2,
    codec: 'pcm_s16le',
    overview: [],
    createdAt: '2026-11-20T17:00:00Z',
    latestJob: null,
    ...change,
  }
}

export function aStrategy(change: Partial<Strategy> = {}): Strategy {
  return {
    name: 'instant',
    summary: '',
    stems: ['drums', 'bass', 'vocals', 'other'],
    nodes: [],
    quality: 'preview',
    estimatedS: 14,
    downloadBytes: 0,
    ready: true,
    missing: [],
    preparing: null,
    failure: null,
    ...change,
  }
}

export const DEMO: Profile = { name: 'demo', title: 'Demo', description: '', strategy: 'instant', recordings: 1 }

export const CONFIG: ServiceConfig = {
  version: '0.1.0',
  defaultProfile: 'demo',
  limits: { maxBytes: 2_000_000, maxDurationS: 1800, maxChannels: 8 },
  formats: ['flac'],
}

export const HEALTH: Health = {
  status: 'ok',
  version: '0.1.0',
  database: true,
  storage: true,
  worker: true,
  queued: 0,
  running: 0,
}
