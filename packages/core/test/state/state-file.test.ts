import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LARGEST_FILE, putAside, readStateFile, replaceStateFile } from '../../src/state/state-file.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-'));
  file = join(folder, 'state.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('reading', () => {
  it('tells a missing file from one that cannot be read', () => {
    expect(readStateFile(file)).toEqual({ kind: 'missing' });
    expect(readStateFile(join(folder, 'none', 'state.json'))).toEqual({ kind: 'missing' });
    expect(readStateFile(folder)).toEqual({ kind: 'unreadable', code: 'not-a-file' });
    writeFileSync(file, 'text');
    expect(readStateFile(join(file, 'state.json'))).toEqual({ kind: 'unreadable', code: 'ENOTDIR' });
  });

  it('does not wait for whoever may write into a pipe', () => {
    execFileSync('mkfifo', [file]);
    expect(readStateFile(file)).toEqual({ kind: 'unreadable', code: 'not-a-file' });
  });

  it('reads no file that is larger than any of ours', () => {
    writeFileSync(file, 'text');
    expect(readStateFile(file)).toEqual({ kind: 'text', text: 'text' });
    truncateSync(file, LARGEST_FILE + 1);
    expect(readStateFile(file)).toEqual({ kind: 'too-large' });
  });
});

describe('replacing', () => {
  it('makes the file, for its owner alone, and leaves nothing beside it', async () => {
    await replaceStateFile(file, 'first');
    await replaceStateFile(file, 'second');
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(readdirSync(folder)).toEqual(['state.json']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('by many at once leaves the whole of one', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => String(index % 10).repeat(100_000 + index));
    await Promise.all(texts.map((text) => replaceStateFile(file, text)));
    expect(texts).toContain(readFileSync(file, 'utf8'));
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it('never shows a part to whoever reads meanwhile', async () => {
    await replaceStateFile(file, 'a'.repeat(500_000));
    const progress = { writing: true };
    const written = (async () => {
      for (let round = 0; round < 20; round += 1) await replaceStateFile(file, 'ab'[round % 2]!.repeat(500_000));
      progress.writing = false;
    })();
    let seen = 0;
    while (progress.writing) {
      const content = readStateFile(file);
      expect(content.kind === 'text' && new Set(content.text).size === 1 && content.text.length).toBe(500_000);
      seen += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await written;
    expect(seen).toBeGreaterThan(1);
  });

  it('fails without a folder, and where something else than a file stands, of which nothing is lost', async () => {
    await expect(replaceStateFile(join(folder, 'none', 'state.json'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
    mkdirSync(file);
    await expect(replaceStateFile(file, 'x')).rejects.toMatchObject({ code: 'not-a-file' });
    await putAside(file);
    expect(readdirSync(folder)).toEqual(['state.json']);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(replaceStateFile(join(folder, 'pipe'), 'x')).rejects.toMatchObject({ code: 'not-a-file' });
    expect(readdirSync(folder).toSorted()).toEqual(['pipe', 'state.json']);
  });

  it('keeps what it puts aside', async () => {
    writeFileSync(file, 'precious');
    await putAside(file);
    await putAside(file);
    expect(existsSync(file)).toBe(false);
    expect(readFileSync(`${file}.not-restored`, 'utf8')).toBe('precious');
  });
});
