import { z } from 'zod';

/** Any JSON. Not `z.json()`: that is recursive, and its reference dangles in the OpenAPI document. */
export const jsonSchema = z.unknown().meta({ id: 'JsonValue', description: 'Any JSON value.' });
