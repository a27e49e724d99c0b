export { PlayerScreen } from './PlayerScreen'
export { ClipScreen, SharedScreen } from './share'
