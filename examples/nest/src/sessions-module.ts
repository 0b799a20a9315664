import { Body, Controller, HttpCode, Module, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { SessionGuard } from './session-guard.ts';
import { Sessions } from './sessions.ts';

@Controller()
export class SignInController {
  constructor(private readonly sessions: Sessions) {}

  @Post('sign-in')
  @HttpCode(204)
  signIn(@Body() body: { name: string }, @Res({ passthrough: true }) response: Response): void {
    response.cookie('session', this.sessions.begin(body.name), { httpOnly: true, sameSite: 'lax' });
  }
}

@Module({
  controllers: [SignInController],
  providers: [Sessions, SessionGuard],
  exports: [Sessions, SessionGuard],
})
export class SessionsModule {}
