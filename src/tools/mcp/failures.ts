import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';

/** Why a call failed. */
export type Failure =
  /** The server does not know our session any more, and has not made the call. */
  | 'session'
  /** The server is gone, with or without having made the call. */
  | 'gone'
  /** The server can be reached, and another attempt can succeed. */
  | 'busy'
  /** The server will not make this call, however often it is asked. */
  | 'refused'
  /** The server tried, and failed. */
  | 'failed';

/** JSON-RPC 2.0: invalid request, method not found, invalid params. */
const REFUSALS: readonly number[] = [-32_600, -32_601, -32_602];

const GONE: readonly SdkErrorCode[] = [
  SdkErrorCode.NotConnected,
  SdkErrorCode.ConnectionClosed,
  SdkErrorCode.SendFailed,
];

/** Classifies what a call threw. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SdkHttpError) return failureOfStatus(error);
  if (error instanceof SdkError) {
    if (GONE.includes(error.code)) return 'gone';
    return error.code === SdkErrorCode.RequestTimeout ? 'busy' : 'failed';
  }
  if (error instanceof ProtocolError) return REFUSALS.includes(error.code) ? 'refused' : 'failed';
  // The network's own errors, such as "fetch failed".
  return 'gone';
}

/** A session that has ended is answered 404 (MCP 2025-11-25, Transports); servers in the field say 400 as well. */
function failureOfStatus({ status, message }: SdkHttpError): Failure {
  if (status === 404 || (status === 400 && /session/i.test(message))) return 'session';
  return status === 429 || status >= 500 ? 'busy' : 'refused';
}
