"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;

  // Pages as tabs. Without this script all of them stand one below the other, as in print.
  const tabs = [...document.querySelectorAll("#tabs a")];
  const pages = tabs.map((tab) => document.getElementById(tab.hash.slice(1)));

  const show = (place) => {
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === place));
      tab.tabIndex = i === place ? 0 : -1;
      pages[i].classList.toggle("away", i !== place);
    });
  };

  const follow = () => {
    const place = tabs.findIndex((tab) => tab.hash === location.hash);
    if (place >= 0) show(place);
  };

  const open = (place) => {
    history.replaceState(null, "", tabs[place].hash);
    show(place);
    tabs[place].focus();
  };

  root.classList.add("js");
  const list = document.getElementById("tabs");
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", "Pages");
  tabs.forEach((tab, i) => {
    tab.parentElement.setAttribute("role", "presentation");
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", pages[i].id);
    pages[i].setAttribute("role", "tabpanel");
    pages[i].setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      open(i);
    });
    tab.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1 };
      if (event.key in steps) {
        event.preventDefault();
        open((steps[event.key] + tabs.length) % tabs.length);
      } else if (event.key === " ") {
        event.preventDefault();
        open(i);
      }
    });
  });
  // Links within the report lead to pages.
  document.querySelectorAll("main a[href^='#']").forEach((link) => {
    link.addEventListener("click", (event) => {
      const place = tabs.findIndex((tab) => tab.hash === link.hash);
      if (place < 0) return;
      event.preventDefault();
      open(place);
      window.scrollTo(0, 0);
    });
  });
  window.addEventListener("hashchange", follow);
  show(0);
  follow();

  const theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark =
      root.dataset.theme === "dark" ||
      (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
  });

  // Charts: all at once, so that print has them; what is away keeps its width.
  const narrow = document.documentElement.clientWidth < 640;
  data.config.legend.columns = narrow ? 3 : 10;
  const drawn = Object.entries(data.charts).map(([id, spec]) =>
    vegaEmbed(document.getElementById(id), spec, {
      // No code from texts: the page forbids it.
      ast: true,
      actions: false,
      renderer: "svg",
      config: data.config,
      mode: "vega-lite",
      tooltip: { theme: "custom" },
    }).then(({ view }) => {
      // What the chart shows is said by the element that holds it.
      view.container().querySelector("svg").setAttribute("aria-hidden", "true");
    }),
  );
  Promise.all(drawn).then(() => root.classList.add("drawn"));

  // Customers. Texts become text nodes, never markup.
  const element = (name, text, ...children) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  };
  const MOST = 24;

  const portrait = (person, known) => {
    const [days, invoices, spent] = person.facts;
    const parts = [
      element("h4", `Customer ${person.id}, ${known.segments[person.segment]}`),
      element(
        "p",
        `${invoices} ${invoices === 1 ? "invoice" : "invoices"}, ${spent} ${known.currency}, ` +
          `last purchase ${days} ${days === 1 ? "day" : "days"} ago.`,
      ),
    ];
    if (person.outlook) {
      const [due, next, chance, spend, reason] = person.outlook;
      parts.push(
        element(
          "p",
          `${due ? "Due this week. " : ""}Next order about ${next}; orders within 90 days with a ` +
            `chance of ${chance} %; ${spend} ${known.currency} expected in 12 months (${reason}).`,
        ),
      );
    }
    if (person.path.length) {
      const path = person.path.map(([month, segment]) => `${segment} (from ${month})`);
      parts.push(element("h4", "At the months’ ends"), element("p", path.join(" → ")));
    }
    for (const [name, title] of Object.entries(known.lists)) {
      const rows = person.lists[name] || [];
      if (!rows.length) continue;
      const items = rows.map(([product, reason]) =>
        element("li", `${known.products[product]}: ${known.reasons[reason]}`),
      );
      parts.push(element("h4", title), element("ol", "", ...items));
    }
    return parts;
  };

  for (const [id, known] of Object.entries(data.people)) {
    const block = document.getElementById(id);
    const form = block.querySelector("form");
    const people = block.querySelector(".people");
    const panel = block.querySelector(".person");
    const found = block.querySelector(".found");

    const look = () => {
      const who = form.who.value.trim().toLowerCase();
      const segment = form.segment.value;
      const matching = known.people.filter(
        (person) =>
          person.id.toLowerCase().includes(who) &&
          (segment === "" || person.segment === Number(segment)) &&
          (!form.due.checked || (person.outlook && person.outlook[0])),
      );
      // Who is meant by the whole number comes first.
      matching.sort((a, b) => (b.id.toLowerCase() === who) - (a.id.toLowerCase() === who));
      const more = matching.length > MOST ? `, the first ${MOST} of them are shown` : "";
      found.textContent = matching.length
        ? `${matching.length.toLocaleString("en")} found${more}.`
        : "None of the sample: look among all with retail-lakehouse customer ID.";
      people.replaceChildren(
        ...matching.slice(0, MOST).map((person) => {
          const button = element("button", `${person.id} `);
          button.type = "button";
          button.setAttribute("aria-pressed", "false");
          button.append(element("small", known.segments[person.segment]));
          button.addEventListener("click", () => {
            people.querySelectorAll("button").forEach((other) => {
              other.setAttribute("aria-pressed", String(other === button));
            });
            panel.hidden = false;
            panel.replaceChildren(...portrait(person, known));
            panel.focus();
          });
          return element("li", "", button);
        }),
      );
    };

    form.hidden = false;
    form.due.parentElement.hidden = !known.people.some((p) => p.outlook && p.outlook[0]);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", look);
    look();
  }
})();
