/** Conversations with tools, as an agent has them, in the form that OpenAI's tokenizer for chats takes. */

interface Call {
  readonly name: string;
  readonly arguments: string;
}

export interface SampleMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'function';
  readonly content: string;
  readonly name?: string;
  readonly function_call?: Call;
}

export interface SampleFunction {
  readonly name: string;
  readonly description: string;
  readonly parameters: {
    readonly type: 'object';
    readonly properties: Readonly<
      Record<string, { readonly type: 'string' | 'integer'; readonly description: string; readonly enum?: string[] }>
    >;
    readonly required: string[];
  };
}

export interface Conversation {
  readonly name: string;
  readonly messages: readonly SampleMessage[];
  readonly functions: readonly SampleFunction[];
}

const ORDERS: SampleFunction = {
  name: 'find_order',
  description: 'Finds an order of the customer who is logged in, by its number, with its status and its parcels.',
  parameters: {
    type: 'object',
    properties: {
      number: { type: 'string', description: 'The number of the order, such as 4471-0982.' },
      detail: { type: 'string', description: 'How much to tell.', enum: ['status', 'parcels', 'everything'] },
    },
    required: ['number'],
  },
};

const VOUCHERS: SampleFunction = {
  name: 'give_voucher',
  description: 'Gives the customer a voucher. Only once for each order, and never more than ten euros.',
  parameters: {
    type: 'object',
    properties: {
      number: { type: 'string', description: 'The number of the order.' },
      cents: { type: 'integer', description: 'The value in cents, 1000 at most.' },
      reason: { type: 'string', description: 'What the customer is told.' },
    },
    required: ['number', 'cents', 'reason'],
  },
};

export const CONVERSATIONS: readonly Conversation[] = [
  {
    name: 'an order that is late',
    functions: [ORDERS, VOUCHERS],
    messages: [
      { role: 'system', content: 'You help the customers of an online shop. Be polite and brief.' },
      { role: 'user', content: 'Where is my order 4471-0982? It should have been here on Monday.' },
      {
        role: 'assistant',
        content: '',
        function_call: { name: 'find_order', arguments: '{"number":"4471-0982","detail":"parcels"}' },
      },
      {
        role: 'function',
        name: 'find_order',
        content:
          '{"number":"4471-0982","status":"shipped","parcels":[{"carrier":"DHL","tracking":"00340434161094015902","events":[{"at":"2026-03-09T14:02:00Z","text":"picked up"}]}]}',
      },
      {
        role: 'assistant',
        content: 'Your parcel was picked up on 9 March and has not been scanned since. I am sorry for the delay.',
      },
      { role: 'user', content: 'That is a week ago! Can I at least get something off my next order?' },
    ],
  },
  {
    name: 'a Chinese order that is late',
    functions: [ORDERS],
    messages: [
      { role: 'system', content: '你是一家网店的客服助手，回答要礼貌、简洁。' },
      { role: 'user', content: '我的订单 4471-0982 到哪里了？说好周一就能收到的，到现在还没有消息。' },
      { role: 'assistant', content: '', function_call: { name: 'find_order', arguments: '{"number":"4471-0982"}' } },
      {
        role: 'function',
        name: 'find_order',
        content: '{"订单号":"4471-0982","状态":"运输中","快递":"顺丰","最新进展":"已到达杭州转运中心"}',
      },
      { role: 'assistant', content: '您好，您的包裹已经到达杭州转运中心，预计明天可以送到，给您带来不便非常抱歉。' },
      { role: 'user', content: '好的，那明天能不能放在门口的快递柜里？家里白天没有人。' },
    ],
  },
];
