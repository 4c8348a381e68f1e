import { LRUCache } from 'lru-cache';
import { isPlainObject, type Json, type JsonObject } from '../../core/base/json.js';
import { estimateBytes } from '../../core/base/json-size.js';

/** Values above this size are large: they are made text once, for all answers. Smaller ones cost less than looking them up. */
export const LARGE_BYTES = 65_536;
/** Text is made into bytes in pieces of this size, and others have their turn between two of them. */
const PIECE_LENGTH = 262_144;
/** Texts of values are kept up to this size: those of the largest `data`, as a whole and by its keys, and others. */
const MAX_KEPT_BYTES = 50_331_648;
/** Values are looked up as deep as the keys of `data`; what is further down is part of one text. */
const SHARED_LEVELS = 2;

/** JSON text in pieces, which several answers can share. */
export type Pieces = readonly Buffer[];

/** Makes JSON text of large values, in turns. A frozen value never changes, so its text is made once and shared. */
export class JsonTexts {
  readonly #kept = new LRUCache<number | string, Pieces>({ maxSize: MAX_KEPT_BYTES, sizeCalculation: sizeOfKept });
  readonly #making = new Map<Json, Promise<Pieces>>();
  /** Numbers of values whose text is kept: a text must not keep the value that it was made of, which is not counted. */
  readonly #numbers = new WeakMap<object, number>();
  #lastNumber = 0;

  /** @param takeTurn resolves when there is time for another piece of work */
  constructor(private readonly takeTurn: () => Promise<void>) {}

  /** The text of an answer, which is large itself. */
  print(answer: JsonObject): Promise<Pieces> {
    return this.#make(answer, 0);
  }

  async #printLarge(value: Json, level: number): Promise<Pieces> {
    if (!isShared(value, level)) return this.#make(value, level);
    const key = this.#keyOf(value);
    const known = this.#kept.get(key) ?? this.#making.get(value);
    if (known !== undefined) return known;
    const making = this.#make(value, level).finally(() => this.#making.delete(value));
    this.#making.set(value, making);
    const pieces = await making;
    this.#kept.set(key, pieces);
    return pieces;
  }

  #keyOf(value: object | string): number | string {
    if (typeof value === 'string') return value;
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    this.#lastNumber += 1;
    this.#numbers.set(value, this.#lastNumber);
    return this.#lastNumber;
  }

  async #make(value: Json, level: number): Promise<Pieces> {
    const writer = new PieceWriter();
    await this.#write(value, level, writer);
    return writer.end();
  }

  async #write(value: Json, level: number, writer: PieceWriter): Promise<void> {
    await this.takeTurn();
    if (Array.isArray(value)) await this.#writeList(value, level, writer);
    else if (isPlainObject(value)) await this.#writeObject(value as JsonObject, level, writer);
    else writer.write(JSON.stringify(value));
  }

  async #writeList(items: readonly Json[], level: number, writer: PieceWriter): Promise<void> {
    let before = '[';
    for (const item of items) {
      writer.write(before);
      const written = this.#writeMember(item, level + 1, writer);
      if (written !== undefined) await written;
      before = ',';
    }
    writer.write(before === '[' ? '[]' : ']');
  }

  async #writeObject(value: JsonObject, level: number, writer: PieceWriter): Promise<void> {
    let before = '{';
    // Not `Object.entries`, which takes ten times as long. JSON inherits nothing that `in` finds.
    for (const key in value) {
      writer.write(`${before}${JSON.stringify(key)}:`);
      const written = this.#writeMember(value[key] as Json, level + 1, writer);
      if (written !== undefined) await written;
      before = ',';
    }
    writer.write(before === '{' ? '{}' : '}');
  }

  /** Writes a part of a value; returns nothing if that took no time worth a turn. */
  #writeMember(value: Json, level: number, writer: PieceWriter): Promise<void> | undefined {
    if (estimateBytes(value, LARGE_BYTES) <= LARGE_BYTES) {
      return writer.write(JSON.stringify(value)) ? this.takeTurn() : undefined;
    }
    return level <= SHARED_LEVELS ? this.#addLarge(value, level, writer) : this.#write(value, level, writer);
  }

  async #addLarge(value: Json, level: number, writer: PieceWriter): Promise<void> {
    writer.add(await this.#printLarge(value, level));
  }
}

/** True for values whose text can be kept: strings, and what nobody can change. */
function isShared(value: Json, level: number): value is Json & (object | string) {
  if (typeof value === 'string') return true;
  return level <= SHARED_LEVELS && typeof value === 'object' && Object.isFrozen(value);
}

/** A string is kept with its text. */
function sizeOfKept(pieces: Pieces, key: number | string): number {
  const text = pieces.reduce((sum, { length }) => sum + length, 0);
  return typeof key === 'string' ? text + key.length : text;
}

/** Collects text into pieces. */
class PieceWriter {
  readonly #pieces: Buffer[] = [];
  #texts: string[] = [];
  #length = 0;

  /** Adds text; true if it ended a piece. */
  write(text: string): boolean {
    this.#texts.push(text);
    this.#length += text.length;
    const isFull = this.#length >= PIECE_LENGTH;
    if (isFull) this.#endPiece();
    return isFull;
  }

  /** Adds pieces that are shared with others. */
  add(pieces: Pieces): void {
    this.#endPiece();
    this.#pieces.push(...pieces);
  }

  end(): Pieces {
    this.#endPiece();
    return this.#pieces;
  }

  #endPiece(): void {
    if (this.#length > 0) this.#pieces.push(Buffer.from(this.#texts.join('')));
    this.#texts = [];
    this.#length = 0;
  }
}
