export { StrategiesScreen } from './StrategiesScreen'
