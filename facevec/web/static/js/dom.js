// Elements. Whatever a person or the service wrote goes in as text, never as HTML.

export const byId = (id) => document.getElementById(id);

/** An element with attributes (listeners as functions, `false` for none) and children (nodes or text). */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Show `element` or hide it. */
export function show(element, shown = true) {
  element.hidden = !shown;
}
