import { createContext } from 'react';

/** Whether the text that something is part of is still being written. */
export const IsStreaming = createContext(false);
