import { MillraceService } from '@millrace/server/nest';
import { Body, Controller, Get, Post, Req, UseGuards } from '@nestjs/common';
import { SessionGuard } from './session-guard.ts';
import type { SignedInRequest } from './session-guard.ts';

/** The application's own code, which sends messages on behalf of its users. */
@Controller('questions')
@UseGuards(SessionGuard)
export class QuestionsController {
  constructor(private readonly millrace: MillraceService) {}

  @Post()
  async ask(@Req() { person }: SignedInRequest, @Body() body: { question: string }) {
    const chat = await this.millrace.createChat(person, { title: 'A question from the application' });
    const { events } = await this.millrace.sendMessage(person, chat.id, body.question);
    let answer = '';
    for await (const event of events) if (event.event === 'delta') answer += event.data.text;
    return { chatId: chat.id, answer };
  }

  @Get('usage')
  async usage(@Req() { person }: SignedInRequest) {
    return this.millrace.usage(person);
  }
}
