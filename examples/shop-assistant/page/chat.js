/** The chat: asks the shop and shows how each answer came about. */
import { byId, element } from './dom.js';

const SUGGESTIONS = {
  en: ['Can I return a saddle?', 'How long does delivery take?', 'Which tyres for gravel?'],
  de: ['Kann ich einen Sattel zurückgeben?', 'Wie lange dauert die Lieferung?'],
  fr: ['Puis-je retourner une selle ?', 'Quand serai-je livré ?'],
  zh: ['车座可以退吗？', '几天能送到？'],
};
const GREETINGS = {
  en: 'Hello! What can I do for you?',
  de: 'Guten Tag! Was kann ich für Sie tun?',
  fr: 'Bonjour ! Que puis-je faire pour vous ?',
  zh: '您好！有什么可以帮您？',
};

const language = byId('language');
const chat = byId('chat');

function say(who, ...content) {
  const bubble = element('div', `said ${who}`, ...content);
  chat.append(bubble);
  chat.scrollTop = chat.scrollHeight;
  return bubble;
}

async function ask(question) {
  say('shopper', question);
  const bubble = say('assistant', '…');
  try {
    await fillIn(bubble, question);
  } catch {
    bubble.replaceChildren('The shop itself cannot be reached.');
  }
}

async function fillIn(bubble, question) {
  const startedAt = performance.now();
  const response = await fetch('/chat', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': language.value },
    body: JSON.stringify({ question }),
  });
  const answer = await response.json();
  bubble.replaceChildren(answer.text ?? answer.error, howAnswered(answer, performance.now() - startedAt));
  bubble.classList.toggle('canned', answer.degraded === 'canned');
  chat.scrollTop = chat.scrollHeight;
}

/** `503 at gpt-4.1@north, then gpt-4.1@south · 120 ms` */
function howAnswered({ deployment, degraded, attempts = [] }, duration) {
  const failed = attempts.filter(({ outcome }) => outcome !== 'ok');
  const trail = failed.map((one) => `${one.status ?? one.outcome} at ${one.deployment}, key ${one.key}; `).join('');
  const who = degraded === 'canned' ? 'canned reply' : (deployment ?? 'nobody');
  const less = degraded === 'downgraded' ? ', a lesser model' : '';
  return element('span', 'how', trail, element('b', '', who), `${less} · ${Math.round(duration)} ms`);
}

function speak() {
  byId('question').placeholder = SUGGESTIONS[language.value][0];
  byId('suggestions').replaceChildren(
    ...SUGGESTIONS[language.value].map((text) => {
      const button = element('button', '', text);
      button.addEventListener('click', () => void ask(text));
      return button;
    }),
  );
}

language.addEventListener('change', () => {
  speak();
  say('assistant', GREETINGS[language.value]);
});
byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  const question = byId('question');
  void ask(question.value);
  question.value = '';
});

speak();
say('assistant', GREETINGS.en);
