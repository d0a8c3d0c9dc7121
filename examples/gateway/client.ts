/** The official client, which knows nothing of upstreams: asks the gateway, and prints the answer as it comes. */
import OpenAI from 'openai';

const { GATEWAY_URL = 'http://127.0.0.1:8080/v1', GATEWAY_KEY = 'key-of-the-gateway' } = process.env;
const question = process.argv[2] ?? 'Why is the sky blue?';

const client = new OpenAI({ baseURL: GATEWAY_URL, apiKey: GATEWAY_KEY });
const stream = await client.chat.completions.create({
  model: 'default', // A chain; the name of a model does as well.
  messages: [{ role: 'user', content: question }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
process.stdout.write('\n');
