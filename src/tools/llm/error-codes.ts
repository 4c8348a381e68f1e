/** The codes of errors of llm_chat, with what each means. The documentation lists them; a test compares. */
export const LLM_ERRORS = {
  llm_status: 'The answer is an error of the provider.',
  llm_network: 'There was no answer, or it broke off.',
  llm_timeout: 'There was no connection in time.',
  llm_address: 'The address of `base_url` is not allowed.',
  llm_refusal: 'The model refused.',
  llm_invalid_answer: 'The answer is no completion, has no content, is too large, or does not fit `schema`.',
} as const;

export type LlmErrorCode = keyof typeof LLM_ERRORS;
