import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { App } from './app.tsx';
import { basePath } from './server/base-path.ts';
import { queryClient } from './server/queries.ts';
import './theme/theme.css';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element #root');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Router base={basePath}>
        <App />
      </Router>
    </QueryClientProvider>
  </StrictMode>,
);
