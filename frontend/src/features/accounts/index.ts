export { Access } from './Access'
export { SignInScreen } from './SignInScreen'
export { cacheSession, createWatchedCaches, mustSignIn, SIGN_IN, toSafePath } from './session'
