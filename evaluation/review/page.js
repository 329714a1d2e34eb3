// Keys of the review page, the frame around the question that they act on, and what happens when the server is away.
(() => {
  let active = 0;
  let shown = null; // the item that the page shows
  let moving = false; // keys pressed between two items must not reach the one that is left

  const all = (selector) => [...document.querySelectorAll(selector)];
  const find = (selector) => document.querySelector(selector);
  const isGiven = (group) => group.querySelector("input:checked") !== null;
  const guideIsOpen = () => find("#guide button").classList.contains("open");

  function frame(place, scroll) {
    const groups = all(".judgement");
    active = Math.max(0, Math.min(place, groups.length - 1));
    groups.forEach((group, n) => group.classList.toggle("active", n === active));
    if (scroll && groups[active]) groups[active].scrollIntoView({ block: "nearest" });
  }

  function begin() {
    // Fields change a moment after the bar.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        moving = false;
        if (localStorage.getItem(outbox())) flush().catch(() => {});
        const item = value("#item");
        const open = all(".judgement").findIndex((group) => !isGiven(group));
        frame(open < 0 ? 0 : open, item === shown);
        if (item !== shown) window.scrollTo(0, 0);
        const isFirst = shown === null && find(".bar progress").value === 0 && open === 0;
        if (isFirst !== guideIsOpen() && (isFirst || item !== shown)) find("#guide button").click();
        shown = item;
        document.body.dataset.ready = item;
      })
    );
  }

  function judge(number) {
    const group = all(".judgement")[active];
    const choice = group && group.querySelectorAll(".verdict input")[number - 1];
    if (!choice) return;
    choice.click();
    frame(active + 1, true);
  }

  function press(id) {
    if (!moving) find(id).click();
  }

  function prefer(place) {
    const choices = all("#preference input");
    if (choices.length) choices.at(place === null ? -1 : place)?.click();
  }

  function act(event) {
    const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1] ?? (/^[0-9]$/.test(event.key) ? event.key : null);
    const letter = /^[a-j]$/i.test(event.key) ? event.key.toLowerCase().charCodeAt(0) - 97 : null;
    if (event.key === "Enter") press("#go");
    else if (event.key === "ArrowLeft") press("#back");
    else if (event.key === "ArrowRight") press("#forth");
    else if (moving) return true;
    else if (event.key === "ArrowDown") frame(active + 1, true);
    else if (event.key === "ArrowUp") frame(active - 1, true);
    else if (digit === "0") prefer(null);
    else if (digit) judge(Number(digit));
    else if (letter !== null && letter < all("#preference input").length - 1) prefer(letter);
    else if (/^r$/i.test(event.key)) find("#remark textarea").focus();
    else if (event.key === "?") find("#guide button").click();
    else return false;
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches("textarea, input:not([type=radio])")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.target.matches("a") && event.key === "Enter") return;
    if (act(event)) event.preventDefault();
  }, true);

  // What the next call to the server is for: saving, unless a button of moves was pressed.
  let action = "save";
  const take = () => {
    const taken = action;
    action = "save";
    return taken;
  };

  document.addEventListener("click", (event) => {
    const group = event.target.closest?.(".judgement");
    if (group) frame(all(".judgement").indexOf(group), false);
    const button = event.target.closest?.("button");
    if (button) button.blur(); // or Enter would press it again
    if (!button?.closest("#moves")) return;
    if (moving) return event.stopPropagation();
    action = button.id;
    moving = true;
    delete document.body.dataset.ready;
    setTimeout(() => (moving = false), 5000);
  }, true);

  // When the server does not answer: say so, keep what the page shows in the browser, and send it when it is back.
  const outbox = () => `review-outbox-${window.reviewSet}-${find(".bar .who")?.textContent}`;
  const value = (id) => find(`${id} textarea, ${id} input`)?.value ?? "";
  let retry = null;

  function remember() {
    const item = value("#item");
    const kept = JSON.parse(localStorage.getItem(outbox()));
    if (!item || (kept && kept.item !== item)) return;
    const given = (group) => group?.querySelector("input:checked")?.value ?? null;
    localStorage.setItem(outbox(), JSON.stringify({
      item, seen: value("#seen"), tab: value("#tab"), verdicts: all(".verdict").map(given),
      preference: given(find("#preference")), remark: value("#remark"),
    }));
  }

  function lose() {
    moving = false;
    remember();
    document.body.classList.add("away");
    retry ??= setInterval(() => flush().catch(() => {}), 2000);
  }

  async function flush() {
    const kept = localStorage.getItem(outbox());
    const answer = await ask("../keep", { method: "POST", body: kept ?? "null" });
    if (answer.status !== 204 && answer.status !== 400) return; // 400: it can never be saved
    localStorage.removeItem(outbox());
    location.reload();
  }

  const ask = window.fetch.bind(window);
  window.fetch = async (...request) => {
    const saves = String(request[0]?.url ?? request[0]).includes("/run/");
    try {
      const answer = await ask(...request);
      if (saves && !answer.ok) lose();
      return answer;
    } catch (error) {
      if (saves) lose();
      throw error;
    }
  };

  const isAway = () => document.body.classList.contains("away");
  for (const kind of ["input", "change"]) document.addEventListener(kind, () => isAway() && remember());

  // The bar of an item that has come names its coming; that of a save does not.
  let coming = null;
  new MutationObserver(() => {
    const named = find(".bar")?.dataset.coming;
    if (!named || named === coming) return;
    coming = named;
    begin();
  }).observe(document.documentElement, { childList: true, subtree: true });

  window.review = { take };
})();
