import { useQuery } from '@tanstack/react-query';
import { Check, ChevronDown } from 'lucide-react';
import { modelsQuery } from '../server/queries.ts';
import { Menu, MenuItem } from '../shell/menu.tsx';
import { strings } from '../strings/en.ts';

interface RegenerateMenuProps {
  /** The model that answered. */
  model: string | null;
  onRegenerate: (model: string) => void;
}

/** Asks for another reply by a model of one's choice. */
export function RegenerateMenu({ model, onRegenerate }: RegenerateMenuProps) {
  return (
    <Menu
      label={strings.messages.anotherModel}
      trigger={<ChevronDown aria-hidden="true" className="size-3.5" />}
      className="text-muted-foreground hover:bg-muted hover:text-foreground -ml-1.5 inline-grid h-9 w-6 place-content-center rounded-lg transition-colors"
    >
      <ModelItems model={model} onRegenerate={onRegenerate} />
    </Menu>
  );
}

function ModelItems({ model, onRegenerate }: RegenerateMenuProps) {
  const models = useQuery(modelsQuery);
  return models.data?.items.map(({ id, name }) => (
    <MenuItem
      key={id}
      icon={<Check aria-hidden="true" className={id === model ? '' : 'invisible'} />}
      checked={id === model}
      onSelect={() => onRegenerate(id)}
    >
      {name}
    </MenuItem>
  ));
}
