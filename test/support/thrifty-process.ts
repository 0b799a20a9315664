/** Loaded into a server before its own code (`node --import`): it throws away what nothing holds any more whenever it is told anything. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('message', () => {
  collect();
  process.send?.('done');
});
