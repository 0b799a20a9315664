import { headers } from 'next/headers';
import { personOf } from '../lib/sessions';
import { newChat } from './actions';

export default async function Page() {
  const person = personOf((await headers()).get('cookie'));
  if (person === null) {
    return (
      <form action="/sign-in" method="post">
        <label>
          Your name <input name="name" required />
        </label>{' '}
        <button type="submit">Sign in</button>
      </form>
    );
  }
  return (
    <form action={newChat}>
      <p>Hello, {person.name}.</p>
      <button type="submit">New chat</button>
    </form>
  );
}
