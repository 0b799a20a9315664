import { createInterface } from 'node:readline';

/** What somebody typed, or how they left the prompt. */
export type Answer = { text: string } | 'left' | 'interrupted';

/**
 * Asks for one line. What is pasted with several lines is one answer. Between two questions the terminal is as it was, so that
 * Ctrl+C is a signal then.
 * @param history what was asked before, newest first; the answer is added
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
      // All that comes in one piece comes in one turn.
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
