/** Every sentence about what is kept on this device. */
export const text = {
  title: 'On this device',
  hint: 'Recordings kept here play without a network.',
  none: 'No recording is kept on this device. The player’s Export sheet keeps one.',
  keep: (size: string) => `Keep on this device (${size})`,
  kept: (size: string) => `Kept on this device, ${size}`,
  keeping: (percent: string) => `Keeping it here, ${percent}`,
  cancel: 'Cancel',
  remove: 'Remove from this device',
  removeOf: (title: string) => `Remove ${title} from this device`,
  removeShort: 'Remove',
  failed: 'It could not be kept: the connection was lost, or this device is full.',
} as const
