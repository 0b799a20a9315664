import { findProgram } from './programs.mjs';

/** @returns where Chromium is, or '' when there is none */
export function findChromium() {
  return findProgram({
    what: 'Chromium',
    variable: 'CHROMIUM_PATH',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    places: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
    // Most tests take the shell, which is twice as fast; what it can't do the whole of it does.
    packages: ['chromium', 'chromium-headless-shell', 'fonts-noto-color-emoji'],
    otherPackages: ['chromium', 'fonts-noto-color-emoji'],
    tests: 'the browser tests',
  });
}
