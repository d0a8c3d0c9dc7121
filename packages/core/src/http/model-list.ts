/** What the endpoint can be asked for, as OpenAI lists models. */
import type { Failover } from '../failover.js';
import { Refusal } from './refusal.js';

interface ListedModel {
  readonly id: string;
  readonly object: 'model';
  /** Seconds since 1970. */
  readonly created: number;
  readonly owned_by: 'ai-failover';
}

/** Clients expect a time; that of our start says as much as any. */
const CREATED = Math.floor(Date.now() / 1000);

/** The models, then the chains; a name that is both stands once. */
export function modelList({ models, chains }: Failover['names']): {
  readonly object: 'list';
  readonly data: readonly ListedModel[];
} {
  return { object: 'list', data: [...new Set([...models, ...chains])].map(listed) };
}

/** @throws Refusal 404 */
export function listedModel(id: string, { models, chains }: Failover['names']): ListedModel {
  if (models.includes(id) || chains.includes(id)) return listed(id);
  const message = `The model ${JSON.stringify(id.slice(0, 60))} does not exist.`;
  throw new Refusal({ status: 404, message, param: 'model', code: 'model_not_found' });
}

function listed(id: string): ListedModel {
  return { id, object: 'model', created: CREATED, owned_by: 'ai-failover' };
}
