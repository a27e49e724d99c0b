export { ProfileScreen } from './ProfileScreen'
export { RecordingScreen } from './RecordingScreen'
export { parseView } from './view'
