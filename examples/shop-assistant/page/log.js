/** The engine's sentences, the newest on top; what happens again is counted. */
import { byId, element } from './dom.js';

const MARKS = { failure: '✗', failover: '→', rest: 'z', circuit: '○', alarm: '!', canned: '□' };
const LOG_LENGTH = 80;
/** What happens again within this many lines is counted there instead of told again. */
const LOG_MEMORY = 8;

const log = byId('log');

export function showSentence({ key, tone, text }) {
  log.querySelector('.empty')?.remove();
  const again = [...log.children].slice(0, LOG_MEMORY).find((line) => line.dataset.key === key);
  const times = again ? Number(again.dataset.times) + 1 : 1;
  const line = again ?? element('li', tone);
  line.dataset.key = key;
  line.dataset.times = String(times);
  const clock = new Date().toLocaleTimeString([], { hour12: false });
  line.replaceChildren(
    element('time', '', clock),
    element('span', 'mark', MARKS[tone] ?? '·'),
    element('span', '', text),
    element('span', 'times', times > 1 ? `× ${times}` : ''),
  );
  if (!again) log.prepend(line);
  while (log.children.length > LOG_LENGTH) log.lastChild.remove();
}
