export { ClipScreen } from './ClipScreen'
export { SharedScreen } from './SharedScreen'
