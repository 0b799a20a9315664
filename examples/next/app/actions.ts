'use server';

import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { millrace } from '../lib/millrace';
import { personOf } from '../lib/sessions';

export async function newChat(): Promise<void> {
  const person = personOf((await headers()).get('cookie'));
  if (person === null) redirect('/');
  const { service } = await millrace();
  const chat = await service.createChat(person);
  redirect(`/chats/${chat.id}`);
}
