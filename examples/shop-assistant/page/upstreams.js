/** A card for each upstream, with its state and its buttons. Built once, so that no button is replaced under the mouse. */
import { byId, element, post } from './dom.js';

const FAULT_LABELS = {
  overloaded: '503',
  silent: 'Silent',
  'rate-limited': '429',
  'wrong-key': '401',
  refused: 'Off',
};

const cards = new Map();

function cardFor({ name }, faults) {
  const known = cards.get(name);
  if (known) return known;
  const path = `/panel/upstreams/${name}`;
  const state = element('span', 'chip');
  const deployments = element('div');
  const mend = button('Mend', 'It works again', () => post(`${path}/mend`));
  const wake = button('Wake', 'End its rests now: upstream(name).wake()', () => post(`${path}/wake`));
  mend.className = 'mend';
  const breaks = Object.entries(faults).map(([fault, meaning]) => {
    const made = button(FAULT_LABELS[fault] ?? fault, meaning, () => post(`${path}/break`, { fault }));
    made.dataset.fault = fault;
    return made;
  });
  const root = element(
    'article',
    'card upstream',
    element('header', '', element('h3', '', name), state),
    deployments,
    element('div', 'buttons', ...breaks),
    element('div', 'buttons', mend, wake),
  );
  root.style.setProperty('--who', `var(--${name})`);
  byId('upstreams').append(root);
  const card = { state, deployments, breaks, mend, wake };
  cards.set(name, card);
  return card;
}

function button(label, title, act) {
  const made = element('button', '', label);
  made.title = title;
  made.addEventListener('click', async () => {
    await act();
    dispatchEvent(new Event('acted'));
  });
  return made;
}

export function showUpstream(upstream, faults) {
  const { state, deployments, breaks, mend, wake } = cardFor(upstream, faults);
  const { fault } = upstream;
  state.textContent = fault ? faults[fault] : 'works';
  state.classList.toggle('bad', fault !== undefined);
  deployments.replaceChildren(...upstream.deployments.map(deploymentRow));
  for (const one of breaks) one.setAttribute('aria-pressed', String(one.dataset.fault === fault));
  mend.disabled = fault === undefined;
  wake.disabled = upstream.deployments.every(({ rests }) => rests.length === 0);
}

function deploymentRow({ model, successes, failures, p95, ...standing }) {
  const [className, text, reason] = standingOf(standing);
  const why = reason ? `${reason} · ` : '';
  const slow = p95 === undefined ? '' : ` · p95 ${Math.round(p95)} ms`;
  return element(
    'div',
    'deployment',
    element('span', '', model),
    element('span', `chip ${className}`, text),
    element('small', '', `${why}${successes} ok · ${failures} failed${slow}`),
  );
}

function standingOf({ available, rests, circuit }) {
  const [rest] = rests;
  if (circuit.state === 'open') return ['bad', `circuit open${remaining(circuit.remaining)}`];
  if (circuit.state === 'half-open') return ['rest', 'circuit half-open'];
  if (rest?.key !== undefined)
    return ['rest', `key ${rests.map(({ key }) => key).join(' and ')} ${resting(rest)}`, rest.reason];
  if (rest) return ['rest', resting(rest), rest.reason];
  return available ? ['', 'ready'] : ['rest', 'not available'];
}

function resting({ remaining: left }) {
  return `rests${remaining(left)}`;
}

function remaining(left) {
  return left === undefined ? '' : ` ${(left / 1000).toFixed(left < 10_000 ? 1 : 0)} s`;
}
