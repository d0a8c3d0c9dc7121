import { describeAdapterContract } from '@ai-failover/testing';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { koaSubject } from './koa-subject.ts';

describeAdapterContract('Koa 3', koaSubject(Koa), { describe, expect, it });
