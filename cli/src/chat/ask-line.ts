import { createInterface } from 'node:readline';

/** What the user typed, or how they left the prompt. */
export type Answer = { text: string } | 'left' | 'interrupted';

/**
 * Prompts for one message. Pasted text with several lines is one message. Between prompts the terminal is in its normal mode, so
 * that Ctrl+C is a signal.
 * @param history earlier messages, newest first; the new one is added
 */
export function askLine(prompt: string, history: string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const lines: string[] = [];
    const reader = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt,
      history: [...history],
    });
    const end = (answer: Answer) => {
      reader.removeAllListeners('close');
      reader.close();
      resolve(answer);
    };
    reader.on('line', (line) => {
      // The lines of a paste arrive in one turn of the event loop.
      if (lines.push(line) === 1) setImmediate(() => end(remember(lines.join('\n'), history)));
    });
    reader.on('SIGINT', () => end('interrupted'));
    reader.on('close', () => end('left'));
    reader.prompt();
  });
}

function remember(text: string, history: string[]): Answer {
  if (text.trim() !== '' && !text.includes('\n') && history[0] !== text) history.unshift(text);
  return { text };
}
