import { answer } from '../faulty-upstream/openai-answer.js';
import type { ContractPart } from './contract-part.js';
import type { ContractRoute } from './contract-subject.js';
import { requestIn } from './routes.js';
import { onStage } from './stage.js';

const both: ContractRoute = {
  kind: 'own',
  path: '/both',
  async answer({ ai, assistant, body }) {
    const [first, second] = await Promise.all([ai.chat(requestIn(body)), assistant?.chat(requestIn(body))]);
    return { first: [first.text, first.model], second: [second?.text, second?.model] };
  },
};

export const twoEngines: ContractPart = (subject, { describe, it, expect }) => {
  describe('Two engines in one application', () => {
    it('have a name each, and options of their own', () => {
      const scopes = [{ prefix: '/cheap', options: { chain: 'cheap' }, routes: [both] }];
      const plan = { script: answer('from ai'), assistantScript: answer('from assistant'), routes: [both], scopes };
      return onStage(subject, plan, async (stage) => {
        expect((await stage.ask('/both')).json()).toEqual({
          first: ['from ai', 'large'],
          second: ['from assistant', 'large'],
        });
        expect((await stage.ask('/cheap/both')).json()).toEqual({
          first: ['from ai', 'small'],
          second: ['from assistant', 'large'],
        });
      });
    });
  });
};
