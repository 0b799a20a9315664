const beginning = `
Long ago, in a valley so narrow that the sun came late and left early, there stood a mill.
Its wheel was old, its roof was mossy, and its miller was a woman named Ada, who talked to the water
as other people talk to their cats.

“You may come as fast as you like,” she would say, “but nothing of you shall be wasted.”
And she had built the channel herself, stone by stone, so that not a drop went past the wheel.

Every grain that was ground in the mill Ada wrote down in a great book, one line for each, with a
number. First she wrote, and only then did she tip the flour into the sack. The farmers laughed at
her for it. “Flour first, ink later,” they said. Ada went on writing.`;

const middle = `
### The night of the storm

Then came the autumn of the storms. One night the wind took the bridge, and the boy who carried the
flour down to the village stood on the far bank with half a sack on his shoulder and no way back.
He called across the water, but the water was louder.

By morning the river had fallen, and he waded home, wet to the neck and ashamed. “I don't know how
much I have delivered,” he said. “The sack tore. I was afraid to count.”

“What was the last number the baker read to you?” asked Ada.

“Four hundred and twelve,” said the boy.

She opened the book, laid her finger beneath line four hundred and twelve, and began to fill a new
sack from four hundred and thirteen. Nothing was missing, and nothing was brought twice. The baker
never learned that there had been a storm at all.

### The two apprentices

Word of this got around, and soon two apprentices came to learn. The first, whose name was Bram, was
quick. He carried sacks two at a time and never looked back. The second, whose name was Mei, was
slow. She stopped at every turn of the path to tie a knot in a string. 結び目, she called them: knots
for remembering.

One day both were sent to the same village by different roads. Halfway there the fog came down. Bram
ran, lost the path, and came home in the evening with empty hands and a long story. Mei sat down on
a stone, felt along her string for the last knot, and waited. When the fog lifted she got up and
went on from exactly where she was.

“Is she better than I am?” asked Bram that evening. He was quick, but he was honest too.

“No,” said Ada. “You carry more. But she can be interrupted.” 🧵

### The slow customer

There was also an old man at the end of the valley who took a whole day to empty one sack. In other
mills, the carriers would wait at his door, and the whole valley went hungry behind him. Ada put up
a shelf beside his gate instead, just large enough for two sacks. When it was full, the carriers went on
to the next house. The old man read his numbers aloud whenever he was ready for more, and nobody
ever waited for him again.

“That's unkind,” said a neighbour. “You leave him behind.”

“He's never behind,” said Ada. “He is only at a different place in the same book.”

### The day the mill burned

In the seventh year lightning struck, and the mill burned down to its stones. The valley came with
buckets, too late, and stood around in the smell of wet ash. Bram wept. Mei went straight to the cellar,
under the iron door, and came back up with the book beneath her coat.

They built a new mill on the other bank. It took them eleven days. On the twelfth, the new wheel
began to turn, and Ada opened the book, which smelled of smoke, and read out the last line that was
written there. A sack stood half filled in the record: begun before the lightning, never
finished.

“We might throw it away,” said Bram. “We might pretend that it was full,” said someone else.

Ada shook her head. “We shall write beneath it what is true: *interrupted*. And whoever ordered it
shall have the half that there is, pay for a half, and hear it from us and not from the neighbours.”`;

const ending = `
When Ada had grown old, a traveller asked her for the secret of the mill. She thought about it for
some time, while the wheel went round.

“Write it down before you give it away,” she said at last. “Number everything. End everything, and
only once. And never make the river wait for the slowest bucket.”

The traveller laughed, for it sounded so simple. But he took out a small book, and before he went on
he wrote it down. 🌾`;

export const shortStory = unwrap(`${beginning}\n${ending}`);

/** Some thousand characters, enough to reload a page in. */
export const longStory = unwrap(`${beginning}\n${middle}\n\n### What the miller knew\n${ending}`);

/** One line a paragraph: a reader may show single line breaks as breaks. */
function unwrap(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll('\n', ' '))
    .join('\n\n');
}
