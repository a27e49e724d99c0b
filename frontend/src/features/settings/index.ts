export { useDefaultStrategy } from './defaultStrategy'
export { SettingsScreen } from './SettingsScreen'
