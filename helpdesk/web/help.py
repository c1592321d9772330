"""Help: a page with a paragraph for each page, and what is new."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk.services import administration
from helpdesk.web.context import current_person, language
from helpdesk.web.desk_forms import Form
from helpdesk.web.doors import local
from helpdesk.web.whats_new import NEWEST, news

bp = Blueprint("help", __name__)


@bp.get("/help")
def show() -> ResponseReturnValue:
    """The whole of it."""
    return render_template("help/show.html")


@bp.get("/news", endpoint="news")
def whats_new() -> ResponseReturnValue:
    """What is new, and what of it the reader has not read yet."""
    return render_template("help/news.html", news=news(language()), read=current_person().news_read, newest=NEWEST)


@bp.post("/news/read")
def read_news() -> ResponseReturnValue:
    """All of it is read."""
    Form().load(request.form)
    administration.read_news(NEWEST, by=current_person())
    return redirect(url_for("help.news"), 303)


@bp.post("/hints/away")
def put_hints_away() -> ResponseReturnValue:
    """Never show the first hints again."""
    back = Form().load(request.form)["back"]
    administration.put_hints_away(by=current_person())
    return redirect(local(back) or url_for("desk.queue"), 303)
