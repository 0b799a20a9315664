import type { User } from '@millrace/protocol';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { administration } from '../server/administration.ts';
import { Button } from '../shell/button.tsx';
import { Card } from '../shell/card.tsx';
import { ConfirmDialog } from '../shell/confirm-dialog.tsx';
import { isAdministrator, userName } from '../shell/user.ts';
import { pageStrings } from '../strings/en-pages.ts';
import { cacheAccount, removeCachedUser } from './admin-queries.ts';

/** Each action asks for confirmation first. */
export function RoleAndAccount({ user }: { user: User }) {
  const { admin } = pageStrings;
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState<'role' | 'delete' | null>(null);
  const name = userName(user);
  const isAdmin = isAdministrator(user);

  async function changeRole() {
    cacheAccount(await administration.updateUser(user.id, { role: isAdmin ? 'user' : 'admin' }));
  }

  async function deleteUser() {
    await administration.deleteUser(user.id);
    navigate('/admin');
    removeCachedUser(user.id);
  }

  const close = () => setAsking(null);

  return (
    <Card title={admin.roleAndAccount}>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setAsking('role')}>
          {isAdmin ? admin.removeAdministrator : admin.makeAdministrator}
        </Button>
        <Button look="danger" onClick={() => setAsking('delete')}>
          {admin.deleteUser}
        </Button>
      </div>
      {asking === 'role' && (
        <ConfirmDialog
          title={isAdmin ? admin.removeAdministratorTitle(name) : admin.makeAdministratorTitle(name)}
          text={isAdmin ? admin.removeAdministratorText : admin.makeAdministratorText}
          actionLabel={isAdmin ? admin.removeAdministrator : admin.makeAdministrator}
          onConfirm={changeRole}
          onClose={close}
        />
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={admin.deleteTitle(name)}
          text={admin.deleteText(name, user.email ?? '')}
          actionLabel={admin.deleteUser}
          onConfirm={deleteUser}
          onClose={close}
        />
      )}
    </Card>
  );
}
