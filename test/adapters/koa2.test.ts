import { createRequire } from 'node:module';
import { describeAdapterContract } from '@ai-failover/testing';
import type Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { koaSubject } from './koa-subject.ts';

/** The alias has no types of its own; what is used here is the same in both. */
const koa2 = createRequire(import.meta.url)('koa2') as typeof Koa;

describeAdapterContract('Koa 2', koaSubject(koa2), { describe, expect, it });
