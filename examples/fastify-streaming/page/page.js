/** Asks, and shows the words as they come in the colour of whoever wrote them; breaks and mends upstreams. */

const SUGGESTIONS = ['Why is the sky blue?', 'Why does bread rise?', 'How do bees find their way home?'];

const byId = (id) => document.getElementById(id);
const answer = byId('answer');
const told = byId('told');
let asking = new AbortController();

/** An element with a class, and texts or elements in it. Texts are never read as HTML. */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

// --- the answer

async function ask(question) {
  asking.abort(); // Whoever asks again wants no more of the answer before.
  asking = new AbortController();
  const { signal } = asking;
  clear();
  try {
    const response = await fetch('/ask', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question }),
      signal,
    });
    if (response.ok) for await (const event of eventsIn(response.body)) show(event);
    else finish((await response.json()).message, true);
  } catch {
    if (!signal.aborted) finish('The service cannot be reached.', true);
  }
}

/** Each event of the stream; they end with an empty line, wherever the network has cut its pieces. */
async function* eventsIn(body) {
  let rest = '';
  const pieces = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
    const events = (rest + piece.value).split('\n\n');
    rest = events.pop();
    for (const event of events) yield JSON.parse(event.replace(/^data: /, ''));
  }
}

function clear() {
  answer.replaceChildren();
  answer.classList.add('running');
  told.replaceChildren();
  told.classList.remove('failed');
}

/** `{ text, by }`, then `{ attempts }` or `{ error }`. */
function show({ text, by, attempts, degraded, error }) {
  if (text !== undefined) write(text, by ?? 'nobody');
  else if (error === undefined) finish(summaryOf(attempts, degraded));
  else finish(error, true);
}

function write(text, by) {
  let part = answer.lastElementChild;
  if (part?.dataset.by !== by) {
    if (part !== null) answer.append(element('i', `seam ${by}`, `${by} goes on`));
    part = element('span', by);
    part.dataset.by = by;
    answer.append(part);
  }
  part.append(text);
}

/** `north (cut), then south: one stream, without a gap.` */
function summaryOf(attempts, degraded) {
  if (degraded === 'canned') return 'Nobody could answer: this is the canned reply.';
  const trail = attempts.map(({ upstream, outcome }) => (outcome === 'ok' ? upstream : `${upstream} (${outcome})`));
  return `${trail.join(', then ')}${degraded === 'continued' ? ': one stream, without a gap.' : ' answered.'}`;
}

function finish(words, failed = false) {
  answer.classList.remove('running');
  told.classList.toggle('failed', failed);
  told.replaceChildren(words);
}

// --- the upstreams

async function showUpstreams() {
  const response = await fetch('/upstreams');
  const upstreams = await response.json();
  byId('upstreams').replaceChildren(...upstreams.map(card));
}

function card({ name, broken }) {
  const button = element('button', '', broken ? 'Mend' : 'Break');
  button.addEventListener('click', async () => {
    await fetch(`/upstreams/${name}/${broken ? 'mend' : 'break'}`, { method: 'POST' });
    await showUpstreams();
  });
  const state = broken ? element('span', 'chip bad', 'answers 503') : element('span', 'chip', 'well');
  return element('div', `upstream ${name}`, element('b', '', name), state, button);
}

// --- the question

byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  void ask(byId('question').value);
});
byId('suggestions').append(
  ...SUGGESTIONS.map((text) => {
    const button = element('button', '', text);
    button.addEventListener('click', () => {
      byId('question').value = text;
      void ask(text);
    });
    return button;
  }),
);
void showUpstreams();
