"""Deadlines as a pure function of history: no database, no framework, no clock of its own.

Every instant is an aware datetime (UTC comes out, any offset goes in), every length a timedelta, to the microsecond.
Import from the modules; this package re-exports nothing.

span      Span(start, end)                     .length
calendar  Calendar.from_definition(dict | None, zone=None)  cached; None is 24/7; CalendarError (a Refusal) says what to mend
          .definition()                        the same dict, tidied; equal definitions are equal, hashable calendars
          .due_at(start, target)               the instant at which *target* of open time has run
          .elapsed(start, end)                 open time between two instants, never negative
          .is_open(at), .next_open(at), .next_close(at)
          .stretches(start, end)               [Stretch(span, open, reason, name)]; "open", "closed", "break", "holiday"
clock     CLOCKS = ("first_response", "answer", "update", "resolution"); KINDS, the happenings
          Happening(at, kind, by=None, facts={}, ref=None, recorded_at=None)
          ClockState                           one promise: clock, turn, state, started_at, due_at, ended_at, used, …
replay    replay(happenings, targets, pauses, calendar, until) -> Replay(clocks, next_due_at)
          targets: {clock: seconds | None}; pauses: statuses that stop the clocks; ReplayError for an unknown happening
firing    fire_times(clock, fractions=(0.5, 0.75, 0.9, 1.0), steps=()) -> [Firing(threshold, at)]
          threshold names: "50%", "100%", and "+900" for a step 900 seconds after the breach
explain   explain(clock, holdings=()) -> dict  every stretch with its reason, and each holder's share; JSON-ready
          Holding(kind, holder, start, end=None)
samples   samples(calendar, target, zone, at) -> [Sample(case, came, due, parts, name)], arrivals worth a look
policy    Policy.from_definition(dict), .definition(), .matches(facts), .unmet(facts), .targets_for(priority), .time_for(priority)
          .calendar_for(priority, working), .pauses, .steps (each with .threshold, .actions), .fractions, .delays
          shadowed(policies), overlapping(policies); PolicyError (a Refusal)
refusal   Refusal, a ValueError: .text with {names} for its .facts
lines     time_line(str) -> dict, replay_line(str) -> dict, answer_lines(stdin, stdout, function)
"""
