"""The listener for LMTP and SMTP: `python -m workers.listen`."""

from helpdesk.services import listening
from workers.process import product, ready

if __name__ == "__main__":
    with product():
        listening.serve(ready)
