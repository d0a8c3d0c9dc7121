import { describeAdapterContract } from '@ai-failover/testing';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { expressSubject } from './express-subject.ts';

describeAdapterContract('Express 5', expressSubject(express), { describe, expect, it });
