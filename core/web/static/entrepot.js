// What pages do beyond htmx: the menu on small screens, Escape, the time zone, arrow keys in lists. Everything works without it.
(function () {
  "use strict";
  var button = document.getElementById("menu-button");
  var menu = document.getElementById("menu");
  if (button && menu) {
    document.documentElement.classList.add("has-script");
    button.hidden = false;
    button.addEventListener("click", function () {
      var open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      menu.classList.toggle("is-open", !open);
    });
  }
  // Escape closes what was opened last: the menu, or more about a row.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || !event.target.closest) { return; }
    var more = event.target.closest("details.more[open]");
    if (more) {
      more.open = false;
      more.querySelector("summary").focus();
    } else if (button && button.getAttribute("aria-expanded") === "true") {
      button.click();
      button.focus();
    }
  });
  // Times are written in the browser's zone, unless the profile names another one; from the next page on.
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.split("; ").includes("entrepot_zone=" + zone)) {
    document.cookie = "entrepot_zone=" + zone + "; path=/; max-age=31536000; SameSite=Lax";
  }
  // From the link of a row the arrow keys go to those above and below, Home and End to the first and last.
  document.addEventListener("keydown", function (event) {
    var link = event.target;
    if (event.altKey || event.ctrlKey || event.metaKey || !link.closest) { return; }
    if (!link.matches("td.lead a")) { return; }
    var links = Array.from(link.closest("table").querySelectorAll("td.lead a"));
    var here = links.indexOf(link);
    var places = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 };
    var next = links[places[event.key]];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });
})();
