import { z } from 'zod';
import { count, text } from './scalars.ts';

export const requestEchoSchema = z
  .strictObject({
    httpVersion: text.nullable().describe('Null where the host application does not pass it on'),
    headers: z
      .record(text, text)
      .describe('The headers that matter here, in lower case; credentials are replaced by a placeholder'),
    clientAddress: text.describe("The address that the server takes for the client's"),
    trustedProxies: count.nullable(),
  })
  .meta({ id: 'RequestEcho', description: 'The request as it arrived at the server' });

export type RequestEcho = z.infer<typeof requestEchoSchema>;
