export const writeDraft = {
  name: 'write_draft',
  description: 'Stands for a service that is paid for: writes the next draft, and says what it cost.',
  run({ data }, { usage }) {
    usage({ input_tokens: 1000, output_tokens: 500, cost_usd: 0.4 });
    return { drafts: (data.drafts ?? 0) + 1 };
  },
};
