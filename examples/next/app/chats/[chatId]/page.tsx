import { Conversation } from './conversation';

export default async function Page({ params }: { params: Promise<{ chatId: string }> }) {
  return <Conversation chatId={(await params).chatId} />;
}
