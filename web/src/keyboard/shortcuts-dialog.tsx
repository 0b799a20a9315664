import { Dialog } from '../shell/dialog.tsx';
import { strings } from '../strings/en.ts';
import { MOD } from './keys.ts';

const SHORTCUTS: readonly (readonly [label: string, ...keys: string[]])[] = [
  [strings.shortcuts.send, 'Enter'],
  [strings.shortcuts.newLine, 'Shift', 'Enter'],
  [strings.shortcuts.editLast, '↑'],
  [strings.shortcuts.stop, 'Esc'],
  [strings.search.title, MOD, 'K'],
  [strings.chats.newChat, MOD, 'Shift', 'O'],
  [strings.shortcuts.list, '?'],
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title={strings.shortcuts.title}
      onClose={onClose}
      className="top-1/2 w-[min(24rem,calc(100vw-2rem))] -translate-y-1/2"
    >
      <dl className="grid gap-3 px-5 pt-1 pb-5 text-sm">
        {SHORTCUTS.map(([label, ...keys]) => (
          <div key={label} className="flex items-center justify-between gap-4">
            <dt>{label}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="bg-muted text-muted-foreground min-w-6 rounded-md border px-1.5 py-0.5 text-center font-sans text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
