/** The live panel: asks for the status twice a second and listens to the events. */
import { showCall, showCounts } from './calls.js';
import { byId, post } from './dom.js';
import { showSentence } from './log.js';
import { showUpstream } from './upstreams.js';

async function refresh() {
  const response = await fetch('/panel/status').catch(() => undefined);
  if (response === undefined) return; // The demo has been closed.
  const { calls, upstreams, faults, traffic } = await response.json();
  showCounts(calls);
  for (const upstream of upstreams) showUpstream(upstream, faults);
  byId('traffic').checked = traffic;
}

byId('traffic').addEventListener('change', ({ target }) => void post('/panel/traffic', { on: target.checked }));
addEventListener('acted', () => void refresh());

const events = new EventSource('/panel/events');
events.addEventListener('call', ({ data }) => showCall(JSON.parse(data)));
events.addEventListener('sentence', ({ data }) => showSentence(JSON.parse(data)));

void refresh();
setInterval(() => void refresh(), 500);
