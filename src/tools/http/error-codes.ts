/** The codes of errors of http_request, with what each means. The documentation lists them; a test compares. */
export const HTTP_ERRORS = {
  http_status: 'The status of the answer is an error.',
  http_network: 'There was no answer, or it broke off.',
  http_timeout: 'There was no connection in time.',
  http_refused: 'The address is not allowed.',
  http_invalid_answer: 'The answer cannot be kept: it is too large, is not what `response` says, or leads nowhere.',
  http_auth: 'There is no token of `oauth2_client_credentials`.',
} as const;

export type HttpErrorCode = keyof typeof HTTP_ERRORS;
