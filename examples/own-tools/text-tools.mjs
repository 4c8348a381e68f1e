export const countWords = {
  name: 'count_words',
  description: 'Sets text, and words to the number of words in it.',
  run({ input_data, data }, { log }) {
    const text = data.text ?? input_data.text;
    const words = text.split(' ').length;
    log(`Counted ${words} words`);
    return { text, words };
  },
};

export const dropWords = {
  name: 'drop_words',
  description: 'Drops words at the end of text.',
  async run({ data }, { params }) {
    return { text: data.text.split(' ').slice(0, -params.count).join(' ') };
  },
};

export const isLong = {
  name: 'is_long',
  outcomes: ['long', 'short'],
  choose: ({ data }) => (data.words > 5 ? 'long' : 'short'),
};
