"""A ticket that came by mail, and an agent in a browser who answers it."""

from sqlalchemy import func, select

from helpdesk.services import intake
from helpdesk.services.database import db
from helpdesk.tickets.models import Message, Ticket
from tests.making import arrive, eml, make_mailbox, make_policy, make_staff, make_team


class Talk:
    """One ticket."""

    def __init__(self, as_):
        make_policy()
        team = make_team()
        arrive(make_mailbox(team, settings={"acknowledge": False}), eml())
        intake.file_waiting()
        self.number = db.session.scalar(select(Ticket.number))
        self.client = as_(make_staff(teams=[team]))

    def post(self, form):
        return self.client.post(f"/tickets/{self.number}/messages", data=form)

    def replies(self):
        return db.session.scalar(select(func.count(Message.id)).where(Message.kind == "reply"))
