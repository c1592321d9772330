"""What `helpdesk sla verify --all` prints."""

from helpdesk.services import clocks


def differing_clocks():
    return [str(one) for checked in clocks.everything() for one in checked.differences]
