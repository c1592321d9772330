"""Jobs of the policies."""

from helpdesk.services import simulations, treatments


def apply() -> None:
    """Bring saved versions to the open tickets for which that was ordered."""
    treatments.apply()


def simulate() -> None:
    """Count on what would be under a draft."""
    simulations.run()
