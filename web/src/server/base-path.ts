/** The path the app is under, empty at the root of its host: the server writes it into the page. */
export const basePath = placeIn(document.querySelector<HTMLMetaElement>('meta[name="millrace-base-path"]'));

function placeIn(meta: HTMLMetaElement | null): string {
  // Vite's own server leaves it as it is built: `./`.
  return (meta?.content ?? './').replace(/^\.?\/$/, '').replace(/\/$/, '');
}
