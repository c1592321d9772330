"""Figures read from the rows as they are: queries that change nothing, each told its instant and its teams.

*teams* are ids, or None for every team. Counts stop at MOST: a board says "10,000+" rather than wait.
"""
