// Before the first paint, so that nobody sees the wrong theme. src/theme/theme.ts goes on from here.
(function () {
  var choice = localStorage.getItem('millrace.theme');
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
