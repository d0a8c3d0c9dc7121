export { AIFailoverError, AttemptError, CallError, ConfigError } from './errors.js';
export type { AttemptRecord, CallErrorKind, ConfigIssue } from './errors.js';
export type { FailoverOptions } from './config/options.js';
