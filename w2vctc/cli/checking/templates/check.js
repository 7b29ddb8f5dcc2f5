"use strict";

// Sorting: a button in a column's head; numbers stand in data-value, words in the cell itself.
function valueOf(row, column) {
  const cell = row.cells[column];
  return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b));
}

function sortTable(head) {
  const body = head.closest("table").tBodies[0];
  const descending = head.getAttribute("aria-sort") === "ascending";
  const sign = descending ? -1 : 1;
  const rows = Array.from(body.rows);
  rows.sort((a, b) => sign * compare(valueOf(a, head.cellIndex), valueOf(b, head.cellIndex)));
  body.append(...rows);
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => sortTable(button.closest("th")));
}

// The filter by reason, which links such as #reason=W_RATE set too.
const choice = document.getElementById("reason");

function showReason(code) {
  let shown = 0;
  const rows = document.querySelectorAll("#clips tbody tr");
  for (const row of rows) {
    row.hidden = code !== "" && !row.dataset.reasons.split(" ").includes(code);
    shown += row.hidden ? 0 : 1;
  }
  document.getElementById("shown").textContent = `${shown} of ${rows.length} shown`;
}

function followAddress() {
  const found = /^#reason=(\w+)$/.exec(location.hash);
  if (!found || !choice) return;
  choice.value = found[1];
  showReason(choice.value);
  document.getElementById("listen").scrollIntoView();
}

if (choice) {
  choice.addEventListener("change", () => showReason(choice.value));
  window.addEventListener("hashchange", followAddress);
  showReason("");
  followAddress();
}

// Sound: one clip at a time, and a word where the browser cannot play it.
const players = Array.from(document.querySelectorAll("audio"));

function noteLength(player) {
  player.dataset.heardS = player.duration.toFixed(2);
}

function noteFailure(player) {
  player.insertAdjacentText("afterend", "this browser cannot play it");
}

for (const player of players) {
  // Some are ready before this line runs.
  if (player.readyState > 0) noteLength(player);
  else if (player.error) noteFailure(player);
  else {
    player.addEventListener("loadedmetadata", () => noteLength(player));
    player.addEventListener("error", () => noteFailure(player));
  }
  player.addEventListener("play", () => {
    for (const other of players) if (other !== player) other.pause();
  });
}

// Paper has no folds.
window.addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
});
document.documentElement.dataset.ready = "yes";
