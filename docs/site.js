// The theme puts a landmark without a name around the button that copies an example. On a page of examples, they would be all one hears of.
new MutationObserver(() => {
  for (const one of document.querySelectorAll("nav.md-code__nav:not([role])")) one.setAttribute("role", "presentation");
}).observe(document.body, { childList: true, subtree: true });
