/** A model's name without what services and clouds put around it, so that it can be looked up. */

/** Of a cloud's region and maker, such as `us.anthropic.`, and of OpenAI's fine-tuned models. */
const PREFIX = /^(?:ft:|(?:(?:us|eu|apac|jp|au|global)\.)?(?:anthropic|meta|mistral|deepseek|qwen|openai|google)\.)/;

/** `openai/GPT-4.1` is `gpt-4.1`, `us.anthropic.claude-sonnet-4-5-v1:0` is `claude-sonnet-4-5-v1:0`; in lower case. */
export function bareName(name: string): string {
  return name
    .slice(name.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(PREFIX, '');
}
