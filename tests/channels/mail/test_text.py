import pytest

from helpdesk.channels.mail.text import html_lines, joined


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Раз</p><p>Два</p>", "Раз\n\nДва"),
        ("Раз<br>Два<br/>Три", "Раз\nДва\nТри"),
        ("<div>Раз</div><div>Два</div>", "Раз\nДва"),
        ("a  \n b&nbsp;c &lt;d&gt; &#1071;", "a b c <d> Я"),
        ("<ul><li>раз<li>два</ul>", "- раз\n- два"),
        (
            "<table><tr><td>Имя</td><td>Анна</td></tr><tr><td>Город</td><td>Алматы</td></tr></table>",
            "Имя Анна\nГород Алматы",
        ),
        ("<blockquote>Раз<blockquote>Два</blockquote></blockquote>", "> Раз\n>\n>> Два\n>"),
        ("<style>p{color:red}</style><script>x()</script><p>да</p>", "да"),
        ("<!-- скрыто --><p>да</p>", "да"),
        ("<!-- не закрыто <p>да</p>", "не закрыто\n\nда"),
        ("<style>не закрыто <p>да</p>", "не закрыто\n\nда"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<a title="x > y" href="#">ссылка</a>', "ссылка"),
        ("1 < 2 и 3 > 2", "1 < 2 и 3 > 2"),
        ('Спасибо <img alt="👍" src="x">', "Спасибо 👍"),
    ],
)
def test_html_as_it_is_seen(html, text):
    assert joined(html_lines(html)) == text
