import { setTimeout as sleep } from 'node:timers/promises';

export const readAloud = {
  name: 'read_aloud',
  description: 'Sends a text word by word, and sets words to their number.',
  async run({ input_data }, { emit, signal }) {
    const words = input_data.text.split(' ');
    for (const word of words) {
      emit(`${word} `);
      await sleep(500, undefined, { signal });
    }
    return { words: words.length };
  },
};
