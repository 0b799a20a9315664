import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig(({ mode }) => ({
  // The path it is served under is known to the server alone, which writes it in the place of each `./` of the page.
  base: './',
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: {
      // Streamdown's way to raw HTML is a whole HTML parser; ours shows it as text.
      'rehype-raw': fileURLToPath(new URL('src/conversation/markdown/raw-html-as-text.ts', import.meta.url)),
    },
  },
  build: {
    target: 'es2023',
    // The policy of the page allows no fonts within style sheets.
    assetsInlineLimit: 0,
    // Grammars of the highlighter are large; each is loaded when its language is first seen.
    chunkSizeWarningLimit: 1000,
    // What the chat needs is one file: shared with pages that load later it would be many, and larger.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'initial', tags: ['$initial'] }] } } },
  },
  // Where the server listens: it reads the same file and the same environment.
  server: { proxy: { '/api': `http://127.0.0.1:${loadEnv(mode, root, 'PORT').PORT || 4000}` } },
}));
