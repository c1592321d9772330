"""Chats: a generic signed webhook and Telegram. What came in → Incoming; an answer → what to post."""
