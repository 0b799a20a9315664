import { beginSession } from '../../lib/sessions';

export async function POST(request: Request): Promise<Response> {
  const form = await request.formData();
  const session = beginSession(form.get('name') as string);
  const headers = { Location: '/', 'Set-Cookie': `session=${session}; Path=/; HttpOnly; SameSite=Lax` };
  return new Response(null, { status: 303, headers });
}
