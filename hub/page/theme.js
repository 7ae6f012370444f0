// Light or dark, on the root before anything is drawn; so it is no module and stands in the head.
// What the viewer chose is remembered: `light`, `dark`, or nothing for as the system is. Where the
// system forces its few colours, it says which of the two they are.

window.theme = (() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const forced = matchMedia('(forced-colors: active)');
  const root = document.documentElement;
  let chosen = '';
  try { chosen = localStorage.getItem('theme') ?? ''; } catch { /* as the system is */ }

  function show() {
    const isKnown = !forced.matches && (chosen === 'light' || chosen === 'dark');
    root.dataset.theme = isKnown ? chosen : dark.matches ? 'dark' : 'light';
    const meta = document.querySelector('meta[name=theme-color]');
    meta.content = root.dataset.theme === 'dark' ? '#141618' : '#f5f5f2';
  }

  for (const query of [dark, forced]) query.addEventListener('change', show);
  show();
  return {
    get chosen() { return chosen || 'auto'; },
    choose(name) {
      chosen = name === 'auto' ? '' : name;
      try {
        if (chosen) localStorage.setItem('theme', chosen);
        else localStorage.removeItem('theme');
      } catch { /* for this time only */ }
      show();
    },
  };
})();
