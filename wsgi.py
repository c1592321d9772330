"""The application for any WSGI server: `gunicorn wsgi:app`, `granian --interface wsgi wsgi:app`."""

import os

from helpdesk import create_app
from helpdesk.config import from_environment

app = create_app(from_environment(os.environ))
