/**
 * The names of all settings, in the order of the documentation. `config.ts` says what each can be, and does not compile if one
 * is missing. They are apart so that the help of the command line need not load the schemas.
 */
export const SETTING_NAMES = [
  'HOST',
  'PORT',
  'DATABASE_URL',
  'DATABASE_LISTEN_URL',
  'ROLE',
  'HEARTBEAT_SECONDS',
  'TOOLS',
  'MAX_CONCURRENT_RUNS',
  'MAX_QUEUED_RUNS',
  'MAX_DESCENDANTS',
  'TOOL_LIMITS',
  'STEP_TIMEOUT_SECONDS',
  'SHUTDOWN_GRACE_SECONDS',
  'RETENTION_DAYS',
  'MAX_BODY_BYTES',
  'PUBLIC_URL',
  'API_KEYS',
  'NAMED_API_KEYS',
  'READ_API_KEYS',
  'ALLOW_ANONYMOUS',
  'HTTP_ALLOW',
  'LLM_BASE_URL',
  'MCP_CONFIG',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'LOG_LEVEL',
] as const;

/** The name of a setting. */
export type SettingName = (typeof SETTING_NAMES)[number];
