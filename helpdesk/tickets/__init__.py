"""Tickets: what a customer asked, who owns it, what was said and done, and what was promised to be sent."""
