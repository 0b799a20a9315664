import { Injectable, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Sessions } from './sessions.ts';
import type { Person } from './sessions.ts';

export interface SignedInRequest extends Request {
  person: Person;
}

/** The application's own guard. It identifies users by their session cookie. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(private readonly sessions: Sessions) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<SignedInRequest>();
    const person = this.sessions.find(request.headers.cookie);
    if (person === undefined) throw new UnauthorizedException();
    request.person = person;
    return true;
  }
}
