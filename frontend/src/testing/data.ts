import type {
  Health,
  Job,
  JobNode,
  Manifest,
  Model,
  Profile,
  Recording,
  ServiceConfig,
  Strategy,
} from '@/api/generated/types.gen'
import type { Pin } from '@/features/offline/pins'

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

/** A job that ran on the same recording the day before, with another strategy. */
export const OLDER_JOB: Job = aJob({
  id: 'job-0',
  strategy: 'successive',
  state: 'succeeded',
  stems: ['drums'],
  createdAt: '2026-11-19T09:00:00Z',
})

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

export function aModel(change: Partial<Model> = {}): Model {
  return {
    name: 'model.onnx',
    title: 'A network',
    summary: '',
    architecture: 'MDX-Net',
    slots: {},
    sizeBytes: 67_000_000,
    licence: 'MIT',
    scores: [],
    deviceAdvice: 'Runs well on a CPU.',
    weights: 'present',
    files: [],
    ...change,
  }
}

export function aManifest(change: Partial<Manifest> = {}): Manifest {
  const stem = { bytes: 1000, sample_rate: 44100, frames: 44100, peak: 0.5, lufs: -14.2, sha256: 'c0ffee' }
  return {
    manifest_version: 1,
    stemset_version: '0.1.0',
    versions: { torch: '2.13.0' },
    device: 'cuda',
    strategy: 'instant',
    tree: {},
    started_at: '2026-11-20T17:00:01Z',
    finished_at: '2026-11-20T17:00:05Z',
    state: 'succeeded',
    input: { sha256: 'abc', container: 'wav', codec: 'pcm_s16le', sample_rate: 44100, channels: 2, duration_s: 60 },
    nodes: [
      { path: 'root', model: 'percussive', params: {}, weights_sha256: {}, state: 'done', seconds: 2.5, cached: false },
      { path: 'root/not_drums', model: 'low', params: {}, weights_sha256: {}, state: 'done', seconds: 0, cached: true },
    ],
    mixture: { name: 'mixture', ...stem },
    stems: [
      { name: 'drums', ...stem },
      { name: 'vocals', ...stem },
    ],
    sum_to_mixture_db: -112,
    common_gain: 0.8913,
    error: null,
    ...change,
  }
}

/** What is kept on this device of the job that `aJob` makes. */
export const PIN: Pin = {
  jobId: 'job-1',
  recordingId: 'recording-1',
  profile: 'demo',
  title: 'Lithium',
  strategy: 'instant',
  bytes: 4000,
}
