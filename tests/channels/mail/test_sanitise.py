from helpdesk.channels.mail.sanitise import sanitise, with_remote_images


def test_formatting_stays():
    html = '<p>Раз <b>два</b></p><table><tr><td colspan="2">три</td></tr></table>'
    assert sanitise(html, {}) == html.replace("<tr>", "<tbody><tr>").replace("</tr>", "</tr></tbody>")


def test_an_image_of_the_mail_gets_the_address_of_its_file():
    assert sanitise('<img src="cid:a@b">', {"a@b": "/files/1?x=1&y=2"}) == '<img src="/files/1?x=1&amp;y=2">'


def test_an_image_of_another_mail_stays_a_marker():
    assert sanitise('<img src="cid:a@b">', {}) == '<img data-cid="a@b">'


def test_a_remote_image_is_parked_until_asked_for():
    parked = sanitise('<img alt="x" src="https://track.example/p.gif?a=1&amp;b=2">', {})
    assert " src=" not in parked
    assert ' src="https://track.example/p.gif?a=1&amp;b=2"' in with_remote_images(parked)


def test_a_forged_marker_is_not_believed():
    assert "data-remote" not in sanitise(
        '<p data-remote="https://x.example"><img data-remote="https://x.example"></p>', {}
    )


def test_text_that_looks_like_an_image_stays_text():
    assert sanitise('&lt;img src="https://x.example/"&gt;', {}).startswith("&lt;img")
