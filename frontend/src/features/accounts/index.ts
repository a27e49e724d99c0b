export { Access } from './Access'
export { SignInScreen } from './SignInScreen'
export { keepSession, mustSignIn, SIGN_IN, safeNext, watchedCaches } from './session'
