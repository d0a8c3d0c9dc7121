/** What is found while the messages of a request are checked, so that they are gone through once. */
import { Prompt } from '../tokens/prompt.js';
import { Needs } from './needs.js';

export class Findings {
  readonly needs = new Needs();
  readonly prompt = new Prompt();
  /** A tool call or a result has an id that OpenAI would refuse. */
  hasLongCallIds = false;
}
