import type { ChatStore } from '@millrace/client/state';
import type { Budget, Chat, ChatSettings } from '@millrace/protocol';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { ChatSettingsButton } from '../chat-settings/chat-settings-button.tsx';
import { changeNewChatSettings, useNewChatSettings } from '../chat-settings/new-chat-settings.ts';
import { formatPercent } from '../format/percent.ts';
import { chatClient } from '../server/chat-client.ts';
import { chatListQuery, modelsQuery } from '../server/queries.ts';
import { ShareButton } from '../sharing/share-button.tsx';
import { strings } from '../strings/en.ts';
import { LOW_BUDGET_SHARE, shareOf } from '../usage/budget-pressure.ts';

interface ConversationHeaderProps {
  chatId: string | null;
  /** Null until it is loaded. */
  chat: Chat | null;
  budget: Budget;
  store: ChatStore;
}

export function ConversationHeader({ chatId, chat, budget, store }: ConversationHeaderProps) {
  const newSettings = useNewChatSettings();
  const list = useInfiniteQuery(chatListQuery);
  const listed = list.data?.pages.flatMap(({ items }) => items).find(({ id }) => id === chatId);
  const models = useQuery(modelsQuery);
  const known = chat ?? listed;
  const settings = chatId === null ? newSettings : known?.settings;
  const model = settings && (settings.model ?? models.data?.default);
  const modelName = models.data?.items.find(({ id }) => id === model)?.name ?? model;
  const title = known?.title ?? strings.chats.newChat;

  return (
    <header className="flex h-13 shrink-0 items-center gap-3 border-b pr-3 pl-14 md:pr-4 md:pl-6">
      <title>{`${title} · ${strings.appName}`}</title>
      <div className="flex min-w-0 flex-1 flex-col md:flex-row md:items-baseline md:gap-2.5">
        <h1 className="truncate text-sm font-semibold">{title}</h1>
        <span className="text-muted-foreground truncate text-xs">{modelName}</span>
      </div>
      {budget.limit !== null && <BudgetShare used={budget.used} limit={budget.limit} />}
      <ShareButton key={`share ${chatId}`} chatId={chatId} store={store} />
      <ChatSettingsButton
        key={chatId}
        // Not from the list of chats, which may be outdated.
        settings={chatId === null ? newSettings : (chat?.settings ?? null)}
        onSave={(changes) => saveSettings(chatId, changes)}
      />
    </header>
  );
}

async function saveSettings(chatId: string | null, settings: ChatSettings): Promise<void> {
  if (chatId === null) await changeNewChatSettings(settings);
  else await chatClient.updateChat(chatId, { settings });
}

function BudgetShare({ used, limit }: { used: number; limit: number }) {
  const share = shareOf(used, limit);
  const percent = formatPercent(share);
  return (
    <Link
      href="/usage"
      className="text-muted-foreground hover:text-foreground flex shrink-0 items-center gap-2 rounded-md py-1.5 text-xs tabular-nums transition-colors"
      aria-label={strings.conversation.budgetUsed(percent)}
      title={strings.conversation.budgetTokens(used.toLocaleString(), limit.toLocaleString())}
    >
      <span
        aria-hidden="true"
        className="bg-(--border) hidden h-1.5 w-16 overflow-hidden rounded-full sm:block"
      >
        <span
          className={`block h-full rounded-full ${share >= LOW_BUDGET_SHARE ? 'bg-danger' : 'bg-primary'}`}
          style={{ width: `${share * 100}%` }}
        />
      </span>
      <span className="hidden sm:inline">{strings.conversation.budgetUsed(percent)}</span>
      <span className="sm:hidden">{percent}</span>
    </Link>
  );
}
