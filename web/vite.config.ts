import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig, loadEnv } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: {
      // Streamdown's way to raw HTML is a whole HTML parser; ours shows it as text.
      'rehype-raw': fileURLToPath(new URL('src/conversation/raw-html-as-text.ts', import.meta.url)),
    },
  },
  // Grammars of the highlighter are large; each is loaded when its language is first seen.
  build: { target: 'es2023', chunkSizeWarningLimit: 1000 },
  // Where the server listens: it reads the same file and the same environment.
  server: { proxy: { '/api': `http://127.0.0.1:${loadEnv(mode, root, 'PORT').PORT || 4000}` } },
}));
