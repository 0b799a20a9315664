import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: {
      // Streamdown's way to raw HTML is a whole HTML parser; ours shows it as text.
      'rehype-raw': fileURLToPath(new URL('src/conversation/raw-html-as-text.ts', import.meta.url)),
    },
  },
  // Grammars of the highlighter are large; each is loaded when its language is first seen.
  build: { target: 'es2023', chunkSizeWarningLimit: 1000 },
  server: { proxy: { '/api': 'http://127.0.0.1:4000' } },
});
