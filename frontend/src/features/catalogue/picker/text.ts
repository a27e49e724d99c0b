/** Every sentence of the choice of a strategy. */
export const text = {
  label: 'How to separate',
  needsDownload: 'needs download',
  previewNote:
    'This is a preview that needs no download: it sorts sound by simple rules of pitch, rhythm and stereo position. It is far from what a neural network does.',
  downloadNote: (size: string, files: number) =>
    `Needs a download of ${size} first (${files === 1 ? 'one model file' : `${files} model files`}). It is made once, when the job starts.`,
  missingNote: (missing: string) => `Not ready on this machine; missing: ${missing}.`,
} as const
