// What of a page is cut: a name or a figure may be, with the full text at hand; a warning never.

/** In the page: what is cut and told nowhere, and what of a warning cannot be read. */
export function cuts() {
  const WARNINGS = '.wishes, .wants .what, .said, .warning, .wrong, .stale, .fault, .stuck';
  const isSeen = (node) => node.getClientRects().length > 0 && !node.closest('.aloud, .brand');
  const name = (node) => `${node.tagName.toLowerCase()}.${node.className} "${node.textContent}"`;
  const clips = (node) => getComputedStyle(node).overflowX !== 'visible';
  const isCut = (node) => clips(node) && node.scrollWidth > node.clientWidth + 1;
  const isTold = (node) => {
    const titled = node.closest('[title]:not([title=""])');
    return titled?.title.includes(node.textContent.trim());
  };
  const hasText = (node) => [...node.childNodes].some(({ nodeType, data }) => (
    nodeType === Node.TEXT_NODE && data.trim()));
  const texts = [...document.querySelectorAll('body *')].filter((node) => (
    !node.closest('select, svg, pre, textarea') && isSeen(node) && hasText(node)));
  const untold = texts.filter((node) => isCut(node) && !isTold(node));
  const isOutside = (node) => {
    const own = node.getBoundingClientRect();
    for (let at = node; at && at !== document.body; at = at.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(at);
      if (/auto|scroll/.test(overflowY)) return false;
      if (overflowX === 'visible' && overflowY === 'visible') continue;
      const { left, right, top, bottom } = at.getBoundingClientRect();
      const isInside = own.left >= left - 1 && own.right <= right + 1
        && own.top >= top - 1 && own.bottom <= bottom + 1;
      if (isCut(at) && at === node || !isInside) return true;
    }
    return false;
  };
  const warnings = [...document.querySelectorAll(WARNINGS)].filter((node) => (
    isSeen(node) && node.textContent && isOutside(node)));
  return [
    ...untold.map((node) => `cut and told nowhere: ${name(node)}`),
    ...warnings.map((node) => `a warning is cut: ${name(node)}`),
  ];
}
