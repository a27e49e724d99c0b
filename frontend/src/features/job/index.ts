export { JobScreen } from './JobScreen'
export { JobSwitch } from './JobSwitch'
export { RecordingJobs } from './RecordingJobs'
export { useJob } from './useJob'
