
"use strict";
(() => {
  // Everything can be read without this. It finds and hides; it never shows what is not there without it.
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const tools = document.getElementById("tools");
  const folded = all("details");

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = folded.filter((each) => !each.open);
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
  if (!tools) return;

  const instances = all(".instance").map((element) => ({
    element, cards: all(".card", element), body: element.querySelector(".body"), text: null,
  }));
  const rows = new Map(all("tr[data-section]").map((row) => [row.dataset.section, row]));
  const search = document.getElementById("search");
  const boxes = all("input[type=checkbox]", tools);
  const drift = boxes.find((each) => each.value === "drift");
  const texts = new WeakMap();
  const textOf = (element) => {
    if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
    return texts.get(element);
  };
  const headOf = (instance) => textOf(instance.element.querySelector("h2"));

  const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

  function filter() {
    const words = search.value.toLowerCase();
    const shown = new Set(boxes.filter((each) => each.checked).map((each) => each.value));
    const active = words !== "" || drift.checked || boxes.some((each) => each !== drift && !each.checked);
    let cards = 0, found = 0;
    for (const instance of instances) {
      const named = headOf(instance).includes(words);
      let here = 0;
      for (const card of instance.cards) {
        const kind = card.dataset.action;
        const fits = (shown.has(kind) || kind === "keep") && (!drift.checked || "drift" in card.dataset)
          && (named || textOf(card).includes(words));
        card.hidden = !fits;
        here += fits ? 1 : 0;
      }
      for (const group of all(".group", instance.element)) group.hidden = !all(".card:not([hidden])", group).length;
      const stays = !active || here > 0 || (words !== "" && named && !drift.checked);
      instance.element.hidden = !stays;
      const row = rows.get(instance.body.id);
      if (row) row.hidden = !stays;
      cards += here;
      found += stays ? 1 : 0;
    }
    document.getElementById("matches").textContent =
      active ? `${plural(cards, "entry").replace("entrys", "entries")} on ${plural(found, "instance")}` : "";
  }

  let waiting;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  for (const each of boxes) each.addEventListener("change", filter);
  const fold = (open) => () => { for (const each of instances) if ("open" in each.element) each.element.open = open; };
  document.getElementById("open")?.addEventListener("click", fold(true));
  document.getElementById("close")?.addEventListener("click", fold(false));
  tools.hidden = false;
  filter();
})();
