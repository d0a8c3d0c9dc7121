/** One file that is read at start and replaced as a whole: whoever reads it finds all of an older one or all of a newer one. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';

/** Bytes. */
export const LARGEST_FILE = 16 * 1024 * 1024;

/** In place of a code of the system: a folder, a pipe or a device stands there. */
const NO_FILE = 'not-a-file';

/** What stands in the file. */
export type FileContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'too-large' }
  /** `code` as the system calls it. */
  | { readonly kind: 'unreadable'; readonly code: string };

/** At once, because engines are made at once; never waits for anybody who writes into a pipe. */
export function readStateFile(path: string): FileContent {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', code };
  }
  try {
    const about = fstatSync(descriptor);
    if (!about.isFile()) return { kind: 'unreadable', code: NO_FILE };
    if (about.size > LARGEST_FILE) return { kind: 'too-large' };
    const bytes = Buffer.alloc(about.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    return { kind: 'text', text: bytes.toString('utf8', 0, length) };
  } catch (error) {
    return { kind: 'unreadable', code: errorCode(error) };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Written beside it, forced onto the disk, then renamed. Processes in containers may have the same number, so what is written beside it
 * has a name that nobody else has.
 *
 * @throws what the system says
 */
export async function replaceStateFile(path: string, text: string): Promise<void> {
  if ((await found(path)) === 'other') throw Object.assign(new Error('It is no file'), { code: NO_FILE });
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    // Nobody else's business, though it holds no secret.
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw error;
  }
}

/** Keeps a file that is not ours, or cannot be read, from being written over. */
export async function putAside(path: string): Promise<void> {
  if ((await found(path)) === 'file') await rename(path, `${path}.not-restored`);
}

/** A rename would replace a device as well, such as `/dev/null`. */
async function found(path: string): Promise<'file' | 'other' | undefined> {
  const about = await stat(path).catch(() => undefined);
  return about && (about.isFile() ? 'file' : 'other');
}

/** As the system calls it. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}
