"""A hundred texts that run, fetch or break something where a text is taken for markup."""

from __future__ import annotations

MARK = "window.broken=(window.broken||0)+1"
WRAPS = (
    "<script>{js}</script>",
    "</script><script>{js}</script>",
    "--></script><script>{js}</script><!--",
    '<img src=x onerror="{js}">',
    '<svg onload="{js}">',
    "<svg><script>{js}</script></svg>",
    '<iframe srcdoc="<script>parent.{js}</script>"></iframe>',
    '<details open ontoggle="{js}">',
    '<body onload="{js}">',
    '<input autofocus onfocus="{js}">',
    '<a href="javascript:{js}">x</a>',
    "<style>@import 'http://x.invalid/a.css'</style>",
    "<link rel=stylesheet href=http://x.invalid/b.css>",
    '<meta http-equiv=refresh content="0;url=javascript:{js}">',
    '" onmouseover="{js}',
    "' onfocus='{js}",
    '"}};{js};//',
    '\\"}};{js};//',
    "']);{js};//",
    "${{{js}}}",
    "{{{{ {js} }}}}",
    "{{% raw %}}{js}",
    "`;{js};`",
    "\u2028{js}\u2028",
    "\u2029;{js}//",
)
DRESSES = ("{x}", "社区{x}", "\u202e{x}\u202c", "\x00{x}\ufeff")
PAYLOADS = [d.format(x=w.format(js=MARK)) for w in WRAPS for d in DRESSES]
