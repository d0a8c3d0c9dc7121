import type { ContractSubject } from './contract-subject.js';
import type { TestFunctions } from './test-functions.js';

/** Some of the contract's tests, which are about one thing. */
export type ContractPart = (subject: ContractSubject, functions: TestFunctions) => void;
