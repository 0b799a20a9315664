import { settingsIn } from '@millrace/server';
import { MillraceModule } from '@millrace/server/nest';
import { Module } from '@nestjs/common';
import { QuestionsController } from './questions-controller.ts';
import { SessionGuard } from './session-guard.ts';
import type { SignedInRequest } from './session-guard.ts';
import { SessionsModule } from './sessions-module.ts';

@Module({
  imports: [
    SessionsModule,
    MillraceModule.forRoot({
      prefix: '/chat',
      settings: settingsIn(process.env),
      imports: [SessionsModule],
      guard: SessionGuard,
      userOf: ({ person }: SignedInRequest) => person,
    }),
  ],
  controllers: [QuestionsController],
})
export class AppModule {}
