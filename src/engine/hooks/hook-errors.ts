import { EngineError, type Problem } from '../../core/base/errors.js';
import type { UnreadableError } from '../../core/base/stored.js';

/** The error for a hook that is not there. */
export function hookNotFound(hookId: string): EngineError {
  return new EngineError('hook_not_found', `Hook not found. No hook has the id "${hookId.slice(0, 200)}".`);
}

/** The error for a hook whose stored document cannot be read. */
export function hookUnreadable(hookId: string, cause: UnreadableError): EngineError {
  const message = `The document of hook "${hookId}" ${cause.message}. Save it anew, or delete it.`;
  return new EngineError('hook_unreadable', message, { cause });
}

/** The error for a document of a hook that cannot be saved. */
export function invalidHook(errors: readonly Problem[]): EngineError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const detail = `The hook cannot be saved: ${first?.pointer}: ${first?.message}${more}`;
  return new EngineError('invalid_request', detail, { errors });
}

/** The error for a delivery that its hook can make nothing of. */
export function invalidDelivery({ pointer, message }: Problem, errors: readonly Problem[]): EngineError {
  const place = pointer === '' ? '' : `${pointer}: `;
  return new EngineError('invalid_delivery', `The delivery does not fit the hook: ${place}${message}`, { errors });
}
