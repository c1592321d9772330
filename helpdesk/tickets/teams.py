"""Who may have a ticket: whoever is at work in its team."""

from helpdesk.errors import NotAllowed
from helpdesk.people.models import Person
from helpdesk.tickets.models import Ticket


def of_team(ticket: Ticket, person: Person) -> None:
    """Refuse who is not at work in the ticket's team."""
    if not person.works:
        raise NotAllowed("{name} only reads; choose somebody who works on tickets.", name=person.name)
    if not person.active or ticket.team.id not in person.team_ids:
        raise NotAllowed(
            "{name} is not in the team {team}; choose somebody who is.", name=person.name, team=ticket.team.name
        )
