export { ProfileScreen } from './ProfileScreen'
export { RecordingScreen } from './RecordingScreen'
export { asView } from './view'
