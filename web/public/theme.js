// Sets the theme before the first paint. src/theme/theme.ts handles later changes.
(function () {
  var choice = localStorage.getItem('millrace.theme');
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
