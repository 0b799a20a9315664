const KILOBYTE = 1024;

function sizeText(bytes: number): string {
  const kilobytes = bytes / KILOBYTE;
  const [count, unit] = kilobytes < KILOBYTE ? [kilobytes, 'KB'] : [kilobytes / KILOBYTE, 'MB'];
  return `${count.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;
}

/** The words of what is attached to messages. */
export const attachments = {
  attach: 'Attach images or text files',
  drop: 'Drop images and text files here',
  waiting: 'Files to send',
  uploading: (name: string, percent: number) => `${name}: ${percent} % uploaded`,
  remove: (name: string) => `Remove ${name}`,
  open: (name: string) => `Open ${name}`,
  pasted: 'pasted.png',
  tooLarge: (bytes: number) => `Larger than ${sizeText(bytes)}`,
  tooMany: (limit: number) => `At most ${limit} files in one message`,
  close: 'Close',
  original: 'Open by itself',
};
