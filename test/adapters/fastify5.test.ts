import { describeAdapterContract } from '@ai-failover/testing';
import { describe, expect, it } from 'vitest';
import { fastifySubject } from './fastify-subject.ts';

describeAdapterContract('Fastify 5', fastifySubject, { describe, expect, it });
