import { z } from 'zod';
import { generationStatus } from './message.ts';
import { generationId, id, text, timestamp } from './scalars.ts';
import { chargeFields } from './usage.ts';

/** The state of a reply that is being generated, or was. */
export const generationSchema = z
  .strictObject({
    id: generationId,
    chatId: id,
    messageId: id,
    model: text,
    status: generationStatus,
    ...chargeFields,
    createdAt: timestamp,
    endedAt: timestamp.nullable(),
  })
  .meta({ id: 'Generation' });

export type GenerationState = z.infer<typeof generationSchema>;
