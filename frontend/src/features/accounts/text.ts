/** Every sentence of signing in and out. */
export const text = {
  pageTitle: 'Sign in · Stemset',
  title: 'This Stemset is closed',
  note: 'Whoever runs it has given you a key. This browser remembers it until you sign out.',
  key: 'Key',
  signIn: 'Sign in',
  signingIn: 'Signing in…',
  access: 'Access',
  signedIn:
    'This browser is signed in with the key. Signing out also removes the recordings that are kept on this device.',
  signOut: 'Sign out',
  signingOut: 'Signing out…',
} as const
