const KILOBYTE = 1024;

function formatSize(bytes: number): string {
  const kilobytes = bytes / KILOBYTE;
  const [count, unit] = kilobytes < KILOBYTE ? [kilobytes, 'KB'] : [kilobytes / KILOBYTE, 'MB'];
  return `${count.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;
}

export const attachmentStrings = {
  attach: 'Attach images or text files',
  drop: 'Drop images and text files here',
  list: 'Attached files',
  uploading: (name: string, percent: number) => `Uploading ${name}: ${percent}%`,
  remove: (name: string) => `Remove ${name}`,
  open: (name: string) => `Open ${name}`,
  pastedImageName: 'pasted.png',
  tooLarge: (maxBytes: number) => `Larger than the ${formatSize(maxBytes)} limit`,
  tooMany: (maxFiles: number) => `A message can have at most ${maxFiles} files`,
  openInNewTab: 'Open in new tab',
};
