export { ProfileScreen } from './ProfileScreen'
export { RecordingScreen } from './RecordingScreen'
