import type { Me } from '@millrace/protocol';
import { Route, Switch } from 'wouter';
import { NotFound } from '../shell/not-found.tsx';
import { AuditPage } from './audit-page.tsx';
import { RatingsPage } from './ratings-page.tsx';
import { UserPage } from './user-page.tsx';
import { UsersPage } from './users-page.tsx';

export function AdminPages({ me }: { me: Me }) {
  return (
    <Switch>
      <Route path="/admin">
        <UsersPage me={me} />
      </Route>
      <Route path="/admin/audit">
        <AuditPage />
      </Route>
      <Route path="/admin/ratings">
        <RatingsPage />
      </Route>
      <Route path="/admin/users/:userId">
        {({ userId }) => <UserPage key={userId} userId={userId} me={me} />}
      </Route>
      <Route>
        <NotFound what="page" />
      </Route>
    </Switch>
  );
}
