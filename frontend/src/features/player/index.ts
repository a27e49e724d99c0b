export { PlayerScreen } from './PlayerScreen'
