import { Suspense } from 'react';
import { lazyComponent } from './lazy-component.ts';
import { showOverlay, useOverlay } from './overlay.ts';

const SearchDialog = lazyComponent(async () => (await import('../search/search-dialog.tsx')).SearchDialog);
const ShortcutsDialog = lazyComponent(
  async () => (await import('../keyboard/shortcuts-dialog.tsx')).ShortcutsDialog,
);

/** The open overlay, if any. */
export function Overlays({ onNavigate }: { onNavigate: () => void }) {
  const overlay = useOverlay();
  const close = () => showOverlay(null);
  return (
    <Suspense>
      {overlay === 'search' && <SearchDialog onClose={close} onNavigate={onNavigate} />}
      {overlay === 'shortcuts' && <ShortcutsDialog onClose={close} />}
    </Suspense>
  );
}
