// Sentences in the visitor's language. Elements remember what they say (data-t), so that
// a switch of language changes everything that is on the page, forms half filled in included.

import { el } from "./dom.js";

/** Sent to the document when everything on it has changed its language. */
export const TRANSLATED = "facevec:translated";

const STORE = "facevec.language";
const ATTRIBUTES = ["aria-label", "alt", "data-label"];
const languages = [...document.querySelectorAll("[data-language]")].map((button) => button.dataset.language);

let words = {};
let language = document.documentElement.lang;

/** Load the language chosen before, else the one the page came in; translate the page. */
export async function startLanguage() {
  const chosen = localStorage.getItem(STORE);
  await load(languages.includes(chosen) ? chosen : language);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      localStorage.setItem(STORE, button.dataset.language);
      load(button.dataset.language);
    });
  }
}

async function load(code) {
  const answer = await fetch(new URL(`../i18n/${code}.json`, import.meta.url));
  words = await answer.json();
  language = code;
  document.documentElement.lang = code;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === code));
  }
  translate(document);
  document.dispatchEvent(new Event(TRANSLATED));
}

/** Whether there is a sentence called `key`. */
export const knows = (key) => key in words;

/** The sentence `key` with its {places} filled in; `count` chooses between one and other. */
export function t(key, values = {}) {
  const sentence = words[key] ?? words[`${key}.${plural(values.count)}`] ?? words[`${key}.other`] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (place, name) => written(values[name] ?? place));
}

/** A span that says `key` in every language. */
export function say(key, values) {
  return speak(el("span"), key, values);
}

/** Let `element` say `key` in every language. */
export function speak(element, key, values) {
  element.dataset.t = key;
  return remember(element, values);
}

/** Let an attribute of `element` say `key` in every language. */
export function label(element, attribute, key, values) {
  element.setAttribute(`data-t-${attribute}`, key);
  return remember(element, values);
}

/** A number with `digits` decimals. */
export function number(value, digits = 2) {
  return translated(el("span", { "data-number": value, "data-digits": digits }));
}

/** A share of one as a percentage. */
export function percent(value, digits = 0) {
  return translated(el("span", { "data-percent": value, "data-digits": digits }));
}

/** A moment, given in ISO 8601, in the visitor's time zone, which it names. */
export function moment(iso) {
  return translated(el("time", { datetime: iso }));
}

const plural = (count) => (count === undefined ? "other" : new Intl.PluralRules(language).select(count));
const written = (value) =>
  typeof value === "number" ? new Intl.NumberFormat(region()).format(value) : value;

function remember(element, values) {
  if (values) element.dataset.tValues = JSON.stringify(values);
  else delete element.dataset.tValues;
  return translated(element);
}

function translate(root) {
  const marked = ["data-t", "data-number", "data-percent", ...ATTRIBUTES.map((name) => `data-t-${name}`)];
  const selector = [...marked.map((name) => `[${name}]`), "time"].join();
  root.querySelectorAll(selector).forEach(translated);
}

function translated(element) {
  const { t: key, tValues, number: plain, digits, percent: share } = element.dataset;
  const values = tValues ? JSON.parse(tValues) : {};
  if (key) element.textContent = t(key, values);
  if (plain) element.textContent = formatted(plain, decimals(digits ?? 2));
  if (share) element.textContent = formatted(share, { style: "percent", ...decimals(digits ?? 0) });
  if (element.dateTime) element.textContent = when(element.dateTime);
  for (const name of ATTRIBUTES) {
    const its = element.getAttribute(`data-t-${name}`);
    if (its) element.setAttribute(name, t(its, values));
  }
  return element;
}

const MOMENT = {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
  timeZoneName: "short",
};
const decimals = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });
const formatted = (value, style) =>
  new Intl.NumberFormat(region(), { signDisplay: "negative", ...style }).format(value);
const when = (iso) => new Intl.DateTimeFormat(region(), MOMENT).format(new Date(iso));

/** The visitor's own kind of the language, such as en-GB, for dates and numbers. */
const region = () => navigator.languages.find((one) => one.startsWith(language)) ?? language;
