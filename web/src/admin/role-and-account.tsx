import type { User } from '@millrace/protocol';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { administration } from '../server/administration.ts';
import { Button } from '../shell/button.tsx';
import { Card } from '../shell/card.tsx';
import { ConfirmDialog } from '../shell/confirm-dialog.tsx';
import { isAdministrator, personName } from '../shell/person.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { noticeAccount, noticeDeletion } from './admin-queries.ts';

/** Each is asked about first. */
export function RoleAndAccount({ user }: { user: User }) {
  const { admin } = pageStrings;
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState<'role' | 'delete' | null>(null);
  const name = personName(user);
  const isAdmin = isAdministrator(user);

  async function changeRole() {
    noticeAccount(await administration.updateUser(user.id, { role: isAdmin ? 'user' : 'admin' }));
  }

  async function deleteUser() {
    await administration.deleteUser(user.id);
    navigate('/admin');
    noticeDeletion(user.id);
  }

  const close = () => setAsking(null);

  return (
    <Card title={admin.roleAndAccount}>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setAsking('role')}>
          {isAdmin ? admin.unmakeAdministrator : admin.makeAdministrator}
        </Button>
        <Button look="danger" onClick={() => setAsking('delete')}>
          {admin.deleteUser}
        </Button>
      </div>
      {asking === 'role' && (
        <ConfirmDialog
          title={isAdmin ? admin.unmakeTitle(name) : admin.makeTitle(name)}
          text={isAdmin ? admin.unmakeText : admin.makeText}
          action={isAdmin ? admin.unmakeAdministrator : admin.makeAdministrator}
          onConfirm={changeRole}
          onClose={close}
        />
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={admin.deleteTitle(name)}
          text={admin.deleteText(name, user.email ?? '')}
          action={admin.deleteUser}
          onConfirm={deleteUser}
          onClose={close}
        />
      )}
    </Card>
  );
}
