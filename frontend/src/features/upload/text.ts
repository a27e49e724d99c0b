import { formatBytes, formatLimit } from '@/ui/format'

/** Every sentence of the upload part. */
export const text = {
  heading: 'Drop songs here',
  headingOver: 'Let go to upload',
  or: 'or ',
  choose: 'choose files',
  limits: (maxBytes: number, maxSeconds: number) =>
    `. Any audio or video, up to ${formatBytes(maxBytes)} and ${formatLimit(maxSeconds)} each.`,
  strategiesFailed: 'The list of strategies could not be read; the default of this profile is used.',
  empty: (name: string) => `“${name}” is an empty file.`,
  tooLarge: (name: string, size: number, limit: number) =>
    `“${name}” has ${formatBytes(size)}; the limit is ${formatBytes(limit)}. A FLAC or MP3 of the same song is smaller.`,
  uploads: 'Uploads',
  waiting: 'waiting for its turn',
  sending: (sent: number, total: number) => `${formatBytes(sent)} of ${formatBytes(total)}`,
  checking: 'sent; the server is reading it',
  paused: (sent: number, total: number) => `paused at ${formatBytes(sent)} of ${formatBytes(total)}`,
  resumed: 'going on where it was before this page was closed',
  waitingResumed: 'will go on where it was before this page was closed',
  pause: (name: string) => `Pause uploading ${name}`,
  goOn: (name: string) => `Go on uploading ${name}`,
  pauseAll: 'Pause all',
  goOnAll: 'Go on with all',
  failed: 'Upload failed',
  refused: 'Not uploaded',
  cancel: (name: string) => `Stop uploading ${name}`,
  dismiss: (name: string) => `Remove the message about ${name}`,
  knownAs: (title: string) => `This song is here already, as “${title}”; nothing was stored twice.`,
  open: 'Open it',
  clear: 'Clear messages',
  retry: 'Try again',
  connectionLost: 'The connection broke off before the whole file had arrived. Try again goes on from there.',
  badAnswer: (status: number) => `The server answered with status ${status} and no explanation.`,
  progress: (name: string) => `Upload of ${name}`,
} as const
