import { vi } from 'vitest';

/** For tests of everything but the circuits: they never open. */
export const NO_BREAKER = { consecutiveFailures: 1_000_000, minimumAttempts: 1_000_000 } as const;

/** Every warning that the engine gives the process, kept from being printed. Restored with the other mocks. */
export function keepWarnings(): { readonly message: string; readonly code: string | undefined }[] {
  const kept: { message: string; code: string | undefined }[] = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((warning: unknown, options: unknown) => {
    const code: unknown = typeof options === 'object' && options !== null ? Reflect.get(options, 'code') : undefined;
    kept.push({ message: String(warning), code: typeof code === 'string' ? code : undefined });
  });
  return kept;
}
