export { KeepHere } from './KeepHere'
export { PinList } from './PinList'
export { pins } from './pins'
export { text as offlineText } from './text'
