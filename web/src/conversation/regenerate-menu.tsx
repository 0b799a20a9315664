import { useQuery } from '@tanstack/react-query';
import { Check, ChevronDown } from 'lucide-react';
import { modelsQuery } from '../server/queries.ts';
import { Menu, MenuChoices } from '../shell/menu.tsx';
import { strings } from '../strings/en.ts';

interface RegenerateMenuProps {
  /** The model of the current reply. */
  model: string | null;
  onRegenerate: (model: string) => void;
}

/** Regenerates a reply with another model. */
export function RegenerateMenu({ model, onRegenerate }: RegenerateMenuProps) {
  return (
    <Menu
      label={strings.conversation.anotherModel}
      trigger={<ChevronDown aria-hidden="true" className="size-3.5" />}
      className="text-muted-foreground hover:bg-muted hover:text-foreground -ml-1.5 inline-grid h-9 w-6 place-content-center rounded-lg transition-colors"
    >
      <ModelItems model={model} onRegenerate={onRegenerate} />
    </Menu>
  );
}

function ModelItems({ model, onRegenerate }: RegenerateMenuProps) {
  const models = useQuery(modelsQuery);
  const chosen = models.data?.items.find(({ id }) => id === model)?.name ?? '';
  const choices = (models.data?.items ?? []).map(({ id, name }) => ({
    name,
    icon: <Check aria-hidden="true" className={id === model ? '' : 'invisible'} />,
    choose: () => onRegenerate(id),
  }));
  return <MenuChoices label={strings.conversation.anotherModel} choices={choices} chosen={chosen} />;
}
