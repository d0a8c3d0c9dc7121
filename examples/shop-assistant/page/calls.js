/** The latest calls as a ribbon in the colours of those who answered, and the counts of all. */
import { byId, element } from './dom.js';

const RIBBON_LENGTH = 90;

const ribbon = byId('ribbon');

function colourOf({ deployment, degraded, failed }) {
  if (failed) return 'nobody';
  return degraded === 'canned' ? 'canned' : deployment.slice(deployment.lastIndexOf('@') + 1);
}

export function showCall(call) {
  const bar = element('i', call.failedOver ? 'moved' : '');
  bar.style.setProperty('--who', `var(--${colourOf(call)})`);
  bar.title = call.deployment ?? call.degraded ?? 'failed';
  ribbon.firstChild?.remove();
  ribbon.append(bar);
}

export function showCounts(calls) {
  const counts = [
    ['calls', calls.total],
    ['answered', calls.answered],
    ['failed over', calls.failedOver, 'moved'],
    ['lesser model', calls.downgraded],
    ['canned', calls.canned, 'canned'],
    ['lost', calls.failed, 'nobody'],
  ];
  byId('counts').replaceChildren(
    ...counts.map(([name, count, colour]) => {
      const row = element('div', '', element('dt', '', name), element('dd', '', String(count)));
      if (colour) row.prepend(dot(colour));
      return row;
    }),
  );
}

function dot(colour) {
  const made = element('span', 'dot');
  if (colour === 'moved') made.classList.add('moved');
  else made.style.setProperty('--who', `var(--${colour})`);
  return made;
}

ribbon.append(...Array.from({ length: RIBBON_LENGTH }, () => element('i')));
