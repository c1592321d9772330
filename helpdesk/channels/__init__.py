"""Ways in and out: bytes → Incoming, Message → bytes. No network and no decision about tickets."""
