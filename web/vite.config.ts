import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig(({ mode }) => ({
  // Only the server knows the base path: it replaces each `./` in the page.
  base: './',
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: {
      // Streamdown parses raw HTML with `rehype-raw`; the app shows it as text instead.
      'rehype-raw': fileURLToPath(new URL('src/conversation/markdown/raw-html-as-text.ts', import.meta.url)),
    },
  },
  build: {
    target: 'es2023',
    // The page's content security policy forbids fonts inlined in style sheets.
    assetsInlineLimit: 0,
    // The highlighter's grammars are large; each is loaded when its language first appears.
    chunkSizeWarningLimit: 1000,
    // Everything that the chat needs at first is one file: shared chunks would be many and larger.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'initial', tags: ['$initial'] }] } } },
  },
  // The server's address: it reads the same .env file and environment.
  server: { proxy: { '/api': `http://127.0.0.1:${loadEnv(mode, root, 'PORT').PORT || 4000}` } },
}));
