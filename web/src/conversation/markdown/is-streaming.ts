import { createContext } from 'react';

/** Whether the surrounding text is still being streamed. */
export const IsStreaming = createContext(false);
