"""Old mail as other programs keep it: an mbox, a Maildir, files. Each yields the places where its mails lie."""
