import { millrace } from '../../../lib/millrace';

async function answer(request: Request): Promise<Response> {
  return (await millrace()).fetch(request);
}

export { answer as DELETE, answer as GET, answer as OPTIONS, answer as PATCH, answer as POST };
