import { useCallback } from 'react';
import { useLocation } from 'wouter';

/** Goes to an empty chat, with the cursor in its box. */
export function useStartChat(onNavigate: () => void): () => void {
  const [, navigate] = useLocation();
  return useCallback(() => {
    navigate('/');
    onNavigate();
    document.getElementById('message')?.focus();
  }, [navigate, onNavigate]);
}
