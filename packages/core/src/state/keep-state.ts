/** Lets what is known of a pool outlive the process, if the options name a file for it. */
import { resolve } from 'node:path';
import { now } from '../clock.js';
import type { StateSettings, UpstreamSettings } from '../config/settings.js';
import type { Events } from '../events.js';
import type { DiscoveredLists } from '../pool/discovered-lists.js';
import { collect, type Known } from './collect.js';
import { createSalt } from './fingerprint.js';
import { readSnapshot, type StateFault } from './read-snapshot.js';
import { modelsIn, restore } from './restore.js';
import { createSaver, type Saver } from './saver.js';
import { FORMAT, VERSION, type Snapshot } from './snapshot.js';
import { putAside, readStateFile, replaceStateFile } from './state-file.js';

export interface KeptState {
  /** Restores what upstreams that discover their models were found to serve. Returns whether anything was. */
  restoreLists(upstreams: readonly UpstreamSettings[], lists: DiscoveredLists): boolean;
  /** Restores everything else, and saves from now on. */
  begin(known: Known, events: Events): void;
  /** Saves what is known at this moment. Leaves no timer; never rejects. */
  close(): Promise<void>;
}

const NOTHING_KEPT: KeptState = { restoreLists: () => false, begin() {}, async close() {} };

/** Reads the file. */
export function openState(settings: StateSettings | undefined): KeptState {
  return settings === undefined ? NOTHING_KEPT : new StateInFile(settings);
}

class StateInFile implements KeptState {
  readonly #file: string;
  readonly #interval: number;
  readonly #salt = createSalt();
  readonly #found: Found;
  /** There is a file that could not be restored. */
  #strange: boolean;
  #saver: Saver | undefined;

  constructor({ file, interval }: StateSettings) {
    // A process may change its folder later.
    this.#file = resolve(file);
    this.#interval = interval;
    this.#found = find(this.#file, Date.now());
    this.#strange = this.#found.fault !== undefined;
  }

  restoreLists(upstreams: readonly UpstreamSettings[], lists: DiscoveredLists): boolean {
    const { snapshot } = this.#found;
    if (snapshot === undefined) return false;
    return (
      upstreams.filter((one) => {
        const models = modelsIn(snapshot, one);
        return models !== undefined && lists.learn(one, models);
      }).length > 0
    );
  }

  begin(known: Known, events: Events): void {
    const { snapshot, fault, code } = this.#found;
    const file = this.#file;
    if (snapshot !== undefined) restore(snapshot, known, { at: now(), today: Date.now() });
    if (fault !== undefined) {
      const message = `The state in ${file} was not restored: ${WORDS[fault]}${code === undefined ? '' : ` (${code})`}.`;
      // Once whoever made the engine could begin to listen.
      void Promise.resolve().then(() => events.emit('state-not-restored', { file, reason: fault, message }));
    }
    this.#saver = createSaver({
      interval: this.#interval,
      body: () => JSON.stringify(collect(known, this.#salt, now())),
      textOf: (body) => this.#textOf(body),
      write: (text) => this.#write(text),
      onFailure: (reason) => {
        const message = `The state could not be saved in ${file} (${reason}). It is tried again.`;
        events.emit('state-not-saved', { file, reason, message });
      },
    });
  }

  async close(): Promise<void> {
    await this.#saver?.close();
  }

  #textOf(upstreams: string): string {
    const head = { format: FORMAT, version: VERSION, savedAt: Date.now(), clock: now(), salt: this.#salt };
    return `${JSON.stringify(head).slice(0, -1)},"upstreams":${upstreams}}\n`;
  }

  async #write(text: string): Promise<void> {
    if (this.#strange) await putAside(this.#file);
    this.#strange = false;
    await replaceStateFile(this.#file, text);
  }
}

interface Found {
  readonly snapshot?: Snapshot;
  readonly fault?: StateFault;
  /** As the system calls it. */
  readonly code?: string;
}

const WORDS: Readonly<Record<StateFault, string>> = {
  unreadable: 'it cannot be read',
  'too-large': 'it is too large to be one of ours',
  broken: 'it is not whole',
  foreign: 'something else stands there',
  version: 'another release wrote it differently',
  future: 'it was saved at a time that is still to come; is the clock right?',
};

function find(file: string, today: number): Found {
  const content = readStateFile(file);
  if (content.kind === 'missing') return {};
  if (content.kind === 'too-large') return { fault: 'too-large' };
  if (content.kind === 'unreadable') return { fault: 'unreadable', code: content.code };
  const read = readSnapshot(content.text, today);
  return typeof read === 'string' ? { fault: read } : { snapshot: read };
}
