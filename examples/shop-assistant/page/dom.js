/** Short ways to make elements and to send commands. */

export const byId = (id) => document.getElementById(id);

/** An element with a class, and texts or elements in it. Texts are never read as HTML. */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function post(path, body = {}) {
  return fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
