import { useCallback } from 'react';
import { useLocation } from 'wouter';

/** Opens a new chat and focuses its composer. */
export function useStartChat(onNavigate: () => void): () => void {
  const [, navigate] = useLocation();
  return useCallback(() => {
    navigate('/');
    onNavigate();
    document.getElementById('message')?.focus();
  }, [navigate, onNavigate]);
}
