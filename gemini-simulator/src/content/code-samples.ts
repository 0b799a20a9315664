import { type Random, pick } from './seeded-random.ts';

const typescript = `\`\`\`typescript
/** Splits a stream of text into lines, wherever the pieces were cut. */
export async function* lines(pieces: AsyncIterable<string>) {
  let rest = '';
  for await (const piece of pieces) {
    const parts = (rest + piece).split('\\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}
\`\`\``;

const python = `\`\`\`python
from collections import Counter

def most_common_words(text: str, count: int = 3) -> list[tuple[str, int]]:
    """The words that come most often, with how often they come."""
    words = (word.strip(".,;:!?").lower() for word in text.split())
    return Counter(word for word in words if word).most_common(count)

print(most_common_words("The mill turns, the water runs, the mill sings."))
# [('the', 3), ('mill', 2), ('turns', 1)]
\`\`\``;

const sql = `\`\`\`sql
-- Who wrote the most this week?
SELECT author, count(*) AS messages
FROM message
WHERE created_at >= now() - interval '7 days'
GROUP BY author
ORDER BY messages DESC
LIMIT 10;
\`\`\``;

/** A fenced block in the language the question names. */
export function codeSample(question: string, random: Random): string {
  if (/\bpython\b/i.test(question)) return python;
  if (/\bsql\b/i.test(question)) return sql;
  if (/\b(type|java)script\b/i.test(question)) return typescript;
  return pick(random, [typescript, python]);
}
