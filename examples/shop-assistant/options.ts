/**
 * The pool of the shop: three upstreams, one chain, and what a shopper reads when nothing is left.
 * In your application the base URLs and keys come from the environment; everything else looks like this.
 */
import type { FailoverOptions } from '@ai-failover/express';

/** Where each upstream is, and its keys. */
export interface Connections {
  readonly north: Connection;
  readonly south: Connection;
  readonly budget: Connection;
}

interface Connection {
  readonly baseUrl: string;
  readonly keys: readonly string[];
}

export function shopOptions({ north, south, budget }: Connections): FailoverOptions {
  return {
    upstreams: [
      {
        name: 'north',
        provider: 'openai',
        baseUrl: north.baseUrl,
        keys: north.keys,
        models: ['gpt-4.1', 'deepseek-v3.2'],
        priority: 1,
      },
      {
        name: 'south',
        provider: 'openai',
        baseUrl: south.baseUrl,
        keys: south.keys,
        models: ['gpt-4.1'],
        priority: 2,
      },
      {
        name: 'budget',
        provider: 'openai',
        baseUrl: budget.baseUrl,
        keys: budget.keys,
        models: ['deepseek-v3.2'],
        priority: 3,
      },
    ],
    chains: { default: ['gpt-4.1', 'deepseek-v3.2'] },
    defaults: { temperature: 0.7, max_tokens: 300 },
    cannedReply: {
      en: 'We are very busy right now. A colleague will answer you shortly.',
      de: 'Bei uns ist gerade sehr viel los. Jemand aus dem Laden antwortet Ihnen gleich.',
      fr: 'Nous sommes très sollicités en ce moment. Un collègue vous répond dans un instant.',
      zh: '现在咨询较多，我们的同事会尽快回复您。',
    },

    // The times of a demo, so that minutes fit into seconds. Leave these out: the defaults are made for production.
    timeouts: { connect: 1_000, unary: 1_500, unaryPerOutputToken: 0 },
    breaker: { openFor: 1_000, maxOpenFor: 1_000, ramp: 1_000 },
    queueWait: 300,
  };
}
