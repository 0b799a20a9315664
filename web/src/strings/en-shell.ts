/** The text around all pages: signing in, the account menu, pages that aren't there. */
export const shellStrings = {
  signIn: {
    welcome: 'Welcome to Millrace',
    tagline: 'AI replies that survive lost connections.',
    signUpTitle: 'Create your account',
    password: 'Password',
    passwordHint: 'At least 8 characters',
    setupToken: 'Setup token',
    setupTokenHint:
      'The server printed this token when it started. The first account becomes the administrator.',
    signUp: 'Sign up',
    signIn: 'Sign in',
    toSignIn: 'Have an account? Sign in',
    toSignUp: 'New here? Create an account',
    or: 'or',
    guest: 'Try it as a guest',
    keepChats: 'Your chats and usage move to the new account.',
    back: 'Back to the chat',
    elsewhere: 'This chat is part of another application. Sign in there, then come back.',
  },

  shell: {
    demo: 'Demo model. Set an API key on the server to use a real model.',
    openSidebar: 'Open sidebar',
    closeSidebar: 'Close sidebar',
    account: (name: string) => `Account: ${name}`,
    createAccount: 'Create an account',
    signOut: 'Sign out',
    usage: 'Usage',
    settings: 'Settings',
    administration: 'Administration',
    theme: 'Theme',
    themes: { light: 'Light', dark: 'Dark', system: 'System' },
  },

  notFound: {
    chat: {
      title: 'Chat not found',
      text: 'It may have been deleted, or it belongs to someone else.',
    },
    page: {
      title: 'Page not found',
      text: 'Check the address. You may not have access to this page.',
    },
  },
};
