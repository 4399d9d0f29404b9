// What is pleasanter with a script; all of it works without one.
"use strict";

// A button beside each address that is to be taken along.
for (const input of document.querySelectorAll("input[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = input.dataset.copy;
  button.setAttribute("aria-describedby", input.id);
  button.addEventListener("click", async () => {
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
    } catch {
      document.execCommand("copy"); // where the page came without TLS
    }
    button.textContent = input.dataset.copied;
    setTimeout(() => (button.textContent = input.dataset.copy), 2000);
  });
  input.addEventListener("focus", () => input.select());
  input.after(button);
}

// From an announcement in a list "j" leads to the next, "k" to the one before, as in other readers of news.
document.addEventListener("keydown", (event) => {
  const here = event.target.closest(".item");
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { j: 1, k: -1 }[event.key];
  const items = [...document.querySelectorAll(".item")];
  items[items.indexOf(here) + step]?.querySelector("a").focus();
});
