export { StrategyPicker } from './picker/StrategyPicker'
export { StrategiesScreen } from './StrategiesScreen'
