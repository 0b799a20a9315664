/** The path that the app is served under, empty at the root of its host. The server writes it into the page. */
export const basePath = pathIn(document.querySelector<HTMLMetaElement>('meta[name="millrace-base-path"]'));

function pathIn(meta: HTMLMetaElement | null): string {
  // Vite's development server leaves the built value, `./`.
  return (meta?.content ?? './').replace(/^\.?\/$/, '').replace(/\/$/, '');
}
