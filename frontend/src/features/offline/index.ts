export { KeepHere } from './KeepHere'
export { PinList } from './PinList'
export { registerWorker } from './register'
export { text as offlineText } from './text'
