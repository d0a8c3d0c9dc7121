import { createRequire } from 'node:module';
import { describeAdapterContract } from '@ai-failover/testing';
import type express from 'express';
import { describe, expect, it } from 'vitest';
import { expressSubject } from './express-subject.ts';

/** Express 4 has no types of its own; what is used here is the same in both. */
const express4 = createRequire(import.meta.url)('express4') as typeof express;

describeAdapterContract('Express 4', expressSubject(express4), { describe, expect, it });
