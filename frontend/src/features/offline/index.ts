export { KeepHere } from './KeepHere'
export { PinList } from './PinList'
export { text as offlineText } from './text'
