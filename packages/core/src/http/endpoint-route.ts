/** Which of the endpoint's own requests a request is, by the end of its path: wherever the endpoint is mounted. */
import type { IncomingMessage } from 'node:http';
import type { Failover } from '../failover.js';

export type EndpointRoute =
  | { readonly kind: 'chat'; readonly methods: readonly string[] }
  | { readonly kind: 'models'; readonly methods: readonly string[] }
  | { readonly kind: 'model'; readonly methods: readonly string[]; readonly id: string };

const READ = ['GET', 'HEAD'];

/** Undefined for what is somebody else's. */
export function endpointRoute({ url = '' }: IncomingMessage, names: Failover['names']): EndpointRoute | undefined {
  const path = url.replace(/[?#].*$/s, '').replace(/\/$/, '');
  if (path.endsWith('/chat/completions')) return { kind: 'chat', methods: ['POST'] };
  if (path.endsWith('/models')) return { kind: 'models', methods: READ };
  const id = modelIn(path, names);
  return id === undefined ? undefined : { kind: 'model', methods: READ, id };
}

/** Names may hold slashes, and not every client escapes them; one may be the end of another, so the longest is meant. */
function modelIn(path: string, { chains, models }: Failover['names']): string | undefined {
  const plain = decoded(path);
  const known = [...models, ...chains].filter((name) => plain?.endsWith(`/models/${name}`));
  if (known.length > 0) return known.reduce((longest, name) => (name.length > longest.length ? name : longest));
  const last = /\/models\/([^/]+)$/.exec(path)?.[1];
  return last === undefined ? undefined : (decoded(last) ?? last);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
