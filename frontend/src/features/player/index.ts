export { ClipScreen } from './screens/ClipScreen'
export { PlayerScreen } from './screens/PlayerScreen'
export { SharedScreen } from './screens/SharedScreen'
