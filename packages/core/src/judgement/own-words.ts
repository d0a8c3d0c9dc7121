/** What gateways put before the provider's words: LiteLLM, also when it quotes a whole body, Portkey, Databricks. */
const PREFIX =
  /^(?:litellm\.\w{1,40}: )?(?:\w{1,40}Exception(?: \w{1,40}Error)? - |openai error: |bad request: )?(?:Error code: \d{3} - )?(?:\{["']error["']: ?\{["']message["']: ?["'])?/i;

/** The provider's own words, which stand first in a message: what they quote of a prompt comes later. */
export function ownWords(message: string): string {
  return message.replace(PREFIX, '');
}
